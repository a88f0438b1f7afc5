import type { InputHTMLAttributes } from "preact";

export type InputKind = "text" | "date" | "search";

type Common = Omit<InputHTMLAttributes<HTMLInputElement>, "type" | "role" | "list">;

/** An input whose kind is known only at run time; the types of the platform want each one spelled out. */
export function Input({ kind, ...rest }: Common & { kind: InputKind }) {
  switch (kind) {
    case "text":
      return <input type="text" {...rest} />;
    case "date":
      return <input type="date" {...rest} />;
    case "search":
      return <input type="search" {...rest} />;
  }
}
