import { useState } from "preact/hooks";
import { t } from "../i18n";
import { Dialog } from "./Dialog";
import { TextField } from "./Field";

export interface PickItem {
  id: string;
  title: string;
  facts?: string;
  /** Other words it may be looked for by. */
  also?: string;
}

/** Words in any order, accents and case aside: "maskin spel" finds "Spelmaskin". */
export function matches(item: PickItem, query: string): boolean {
  const text = plain(`${item.title} ${item.facts ?? ""} ${item.also ?? ""}`);
  return plain(query)
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** å and ä become a, ö becomes o: gloves and foreign keyboards miss the rings and dots. */
function plain(text: string): string {
  return text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");
}

interface PickerProps {
  title: string;
  help?: string;
  items: readonly PickItem[];
  empty: string;
  onPick: (id: string) => void;
  onClose: () => void;
}

/** A searchable list of large rows; choosing one is the act. */
export function PickerDialog({ title, help, items, empty, onPick, onClose }: PickerProps) {
  const [query, setQuery] = useState("");
  const found = items.filter((item) => matches(item, query));
  return (
    <Dialog title={title} onClose={onClose} class="dialog-tall">
      {help && <p class="muted">{help}</p>}
      <TextField label={t("count.search")} type="search" value={query} onInput={setQuery} />
      <p class="vh" role="status">
        {t("progress.of", { n: found.length, total: items.length })}
      </p>
      {found.length === 0 && <p>{empty}</p>}
      <ul class="bare stack-s">
        {found.map((item) => (
          <li key={item.id}>
            <button type="button" class="pick" onClick={() => onPick(item.id)}>
              <span>{item.title}</span>
              {item.facts && <span class="small muted">{item.facts}</span>}
            </button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
