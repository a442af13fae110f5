import type { Summary } from '../statistics.ts'

/** Creates a table in Markdown. Columns of numbers are aligned to the right. */
export function createTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const isNumber = (cell: string) => /^(?:[-\d.,k/% ()]|to)*$/.test(cell)
  const rule = headings.map((_, i) => (rows.every((row) => isNumber(row[i]!)) ? '---:' : '---'))
  return [line(headings), line(rule), ...rows.map(line)].join('\n')
}

/** Formats a number with about three digits. Returns a dash for `undefined`. */
export function formatNumber(value: number | undefined): string {
  if (value === undefined) return '-'
  const size = Math.abs(value)
  if (size >= 10_000) return `${Math.round(value / 1000)}k`
  if (Number.isInteger(value)) return String(value)
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2)
}

/** Formats a median, with the minimum and the maximum if they differ. */
export function formatSummary(summary: Summary | undefined): string {
  if (summary === undefined) return '-'
  const { median, min, max } = summary
  return min === max
    ? formatNumber(median)
    : `${formatNumber(median)} (${formatNumber(min)} to ${formatNumber(max)})`
}
