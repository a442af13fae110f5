import { expect } from 'vitest'
import { read } from '../repository/files.ts'

/** Returns the cells of each row of a table. `firstHeading` is the heading of its first column. */
export function readTable(document: string, firstHeading: string): readonly (readonly string[])[] {
  const lines = read(document).split('\n')
  const start = lines.findIndex((line) => line.startsWith(`| ${firstHeading} |`))
  expect(start, `a table "${firstHeading}" in ${document}`).toBeGreaterThan(-1)
  const end = lines.findIndex((line, i) => i > start && !line.startsWith('|'))
  return lines.slice(start + 2, end).map((line) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim().replaceAll('`', '')),
  )
}
