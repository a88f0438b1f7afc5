/** Text that may break after a slash ("Spelmaskin/spelautomat"); what is read aloud, copied or searched stays the same. */
export function Breakable({ text }: { text: string }) {
  const [first = "", ...rest] = text.split("/");
  return (
    <>
      {first}
      {rest.map((part) => (
        <span key={part}>
          /<wbr />
          {part}
        </span>
      ))}
    </>
  );
}
