/** Quantities in words: the record holds integers in base units, people read grams, litres, kronor and pieces. */
import { code, codes } from "../state/operation";
import { figure, label, type UnitForm } from "./i18n";

interface Unit extends UnitForm {
  id: string;
  base: string;
  name: string;
}

/** A unit of the code list; an unknown one counts in its own pieces. */
export function unit(id: string): Unit {
  const item = code("units", id);
  return {
    id,
    base: String(item?.base ?? id),
    factor: Number(item?.factor ?? 1),
    dec: Number(item?.dec ?? 0),
    name: label(item, id),
  };
}

/** `2,5 gram` from 2500 and G */
export function amount(qty: number, unitId: string): string {
  const known = unit(unitId);
  return `${figure(qty, known)} ${known.name}`;
}

/** An amount that is only known in base units (figures add up per base): the smallest unit that reads well. */
export function amountInBase(qty: number, base: string): string {
  const fitting = codes("units")
    .map((item) => unit(item.id))
    .filter((known) => known.base === base)
    .sort((a, b) => a.factor - b.factor);
  const best = fitting.filter((known) => qty >= known.factor).pop() ?? fitting[0];
  return best ? `${figure(qty, best)} ${best.name}` : `${qty} ${base}`;
}
