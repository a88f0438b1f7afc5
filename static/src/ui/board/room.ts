import type { RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

/**
 * How much the board's own box holds. Narrow: one column of cards. Small: cards beside each other. Middle: the visits as a
 * table over the whole width. Wide: a table with one column beside it. Huge: with two.
 */
export type Room = "narrow" | "small" | "middle" | "wide" | "huge";

/** From how many rem each begins; in rem, so that larger text asks for more room. */
const FROM: readonly [Room, number][] = [
  ["huge", 98],
  ["wide", 80],
  ["middle", 60],
  ["small", 44],
];

export function roomFor(rems: number): Room {
  return FROM.find(([, least]) => rems >= least)?.[0] ?? "narrow";
}

/** Whether something opened can stand beside the board instead of on top of it. */
export function hasSide(room: Room): boolean {
  return room === "wide" || room === "huge";
}

/** Whether the visits fit as a table of all their columns. */
export function hasTable(room: Room): boolean {
  return room === "middle" || hasSide(room);
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
