import { type Figure, type Goal, isMet, type Measured, type Row } from './row.ts';

/** What stands in each column, for the terminal and the page alike. */
export interface Cells {
  readonly what: string;
  readonly reached: string;
  readonly spread: string;
  readonly goal: string;
  readonly met: string;
  readonly detail: string;
}

export function cellsOf(name: string, figure: Figure): Cells {
  const { what, unit, value, low, high, detail } = figure;
  const spread = low === high ? '' : `${number(low)} – ${number(high)}`;
  return {
    what: what === '' ? name : `${name}: ${what}`,
    reached: withUnit(value, unit),
    spread,
    goal: goalText(figure.goal, unit),
    met: verdict(isMet(figure)),
    detail,
  };
}

/** The heading of a row on the terminal. */
export function heading({ name, what, against }: Row): string {
  return `\n${name}: ${what}${against === '' ? '' : `, against ${against}`}`;
}

export function terminalLine(name: string, figure: Figure): string {
  const { what, reached, spread, goal, met, detail } = cellsOf(name, figure);
  const columns = [reached.padStart(9), spread.padEnd(17), goal.padEnd(9), met.padEnd(3)];
  return `  ${columns.join('  ')}  ${what} (${detail})`;
}

/** How many goals there are, and how many are reached. */
export function tally(measured: readonly Measured[]): { readonly goals: number; readonly met: number } {
  const verdicts = measured.flatMap(({ figures }) => figures.map(({ figure }) => isMet(figure)));
  const goals = verdicts.filter((met) => met !== null);
  return { goals: goals.length, met: goals.filter(Boolean).length };
}

function verdict(met: boolean | null): string {
  if (met === null) return '';
  return met ? 'yes' : 'no';
}

function goalText(goal: Goal | null, unit: Figure['unit']): string {
  if (goal === null) return '';
  return 'most' in goal ? `≤ ${withUnit(goal.most, unit)}` : `≥ ${withUnit(goal.least, unit)}`;
}

function withUnit(value: number, unit: Figure['unit']): string {
  return unit === '' ? number(value) : `${number(value)} ${unit}`;
}

/** Two decimals where they tell something. */
function number(value: number): string {
  return Number.isFinite(value)
    ? String(Number(value.toFixed(Math.abs(value) < 100 ? 2 : 0)))
    : String(value);
}
