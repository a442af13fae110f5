import type { Spread } from '../statistics.ts'

/** A table in Markdown, with its numbers to the right. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const isNumber = (cell: string) => /^(?:[-\d.,k/% ()]|to)*$/.test(cell)
  const rule = headings.map((_, i) => (rows.every((row) => isNumber(row[i]!)) ? '---:' : '---'))
  return [line(headings), line(rule), ...rows.map(line)].join('\n')
}

/** A number in three digits or so; a dash where there is none. */
export function figure(value: number | undefined): string {
  if (value === undefined) return '-'
  const size = Math.abs(value)
  if (size >= 10_000) return `${Math.round(value / 1000)}k`
  if (Number.isInteger(value)) return String(value)
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2)
}

/** A median, and the rounds that are farthest from it. */
export function withSpread(spread: Spread | undefined): string {
  if (spread === undefined) return '-'
  const { median, least, most } = spread
  return least === most ? figure(median) : `${figure(median)} (${figure(least)} to ${figure(most)})`
}
