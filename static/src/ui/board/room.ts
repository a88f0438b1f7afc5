import type { RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

/** How much the board's own box holds: cards, a table, a table with one column beside it, or with two. */
export type Room = "narrow" | "middle" | "wide" | "huge";

/** From how many rem each begins; in rem, so that larger text asks for more room. */
const FROM: readonly [Room, number][] = [
  ["huge", 98],
  ["wide", 72],
  ["middle", 44],
];

export function roomFor(rems: number): Room {
  return FROM.find(([, least]) => rems >= least)?.[0] ?? "narrow";
}

/** Whether something opened can stand beside the board instead of on top of it. */
export function hasSide(room: Room): boolean {
  return room === "wide" || room === "huge";
}

/** Tables and cards are different elements, not one table bent by CSS, so the choice is made here and not in a style sheet. */
export function useRoom(): [RefObject<HTMLDivElement | null>, Room] {
  const box = useRef<HTMLDivElement>(null);
  const [room, setRoom] = useState<Room>("narrow");
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const measure = () => setRoom(roomFor(element.clientWidth / rootSize()));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [box, room];
}

function rootSize(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
}
