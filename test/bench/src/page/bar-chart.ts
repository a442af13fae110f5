/** Horizontal bar chart with groups of bars. The value is beside each bar. */
export interface BarChart {
  readonly title: string
  /** Unit of the values, and whether higher or lower values are better. */
  readonly caption: string
  /** Value of a bar of the full width. */
  readonly maximum: number
  readonly groups: readonly { readonly label: string; readonly bars: readonly Bar[] }[]
}

export interface Bar {
  readonly label: string
  readonly value: number
  /** Text beside the bar. */
  readonly text: string
}

const WIDTH = 760
const LABELS = 240
const ROW = 20
const BEARWARD_COLOR = '#1f6f5c'
const OTHER_COLOR = '#b9b4a8'

export function createBarChart({ title, caption, maximum, groups }: BarChart): string {
  const scale = (WIDTH - LABELS - 70) / maximum
  const parts: string[] = []
  let y = 52
  for (const { label, bars } of groups) {
    y += 24
    parts.push(createText(12, y, label, 'font-weight="bold"'))
    for (const bar of bars) {
      y += ROW
      const width = Math.max(1, Math.round(bar.value * scale))
      const fill = bar.label.startsWith('bearward') ? BEARWARD_COLOR : OTHER_COLOR
      parts.push(
        createText(LABELS - 8, y, bar.label, 'text-anchor="end"'),
        `<rect x="${LABELS}" y="${y - 12}" width="${width}" height="15" fill="${fill}"/>`,
        createText(LABELS + width + 6, y, bar.text),
      )
    }
  }
  const height = y + 20
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="system-ui, sans-serif" font-size="13" fill="#222">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    createText(12, 26, title, 'font-size="17" font-weight="bold"'),
    createText(12, 46, caption, 'fill="#555"'),
    ...parts,
    '</svg>\n',
  ].join('\n')
}

function createText(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${x}" y="${y}" ${attributes}>${escapeXml(content)}</text>`.replace(' >', '>')
}

function escapeXml(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
