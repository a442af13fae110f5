import { FAILURE_ADVICE } from '../../packages/core/src/advice/failure-advice.ts'
import { ADVICE } from '../../packages/core/src/advice/find-advice.ts'
import type { AdviceRow } from '../../packages/core/src/advice/refusal-facts.ts'

const WIDTH = 120

/** Returns the sections about refusals in docs/troubleshooting.md: one for each reason, with its advice. */
export function formatReasons(): string {
  const reasons = [...new Set(ADVICE.map(({ reason }) => reason))]
  return reasons
    .map((reason) => {
      const rows = ADVICE.filter((row) => row.reason === reason)
      return `### \`${reason}\`\n\n${rows.map((row) => formatRow(row, rows.length > 1)).join('\n')}\n`
    })
    .join('\n')
}

/** Returns the list of failures in docs/troubleshooting.md. */
export function formatFailures(): string {
  const items = Object.entries(FAILURE_ADVICE).map(
    ([code, { where, change }]) => `- \`${code}\`. **${where}:** ${change}`,
  )
  return `${items.map(wrap).join('\n')}\n`
}

function formatRow({ where, change, ...row }: AdviceRow, hasSiblings: boolean): string {
  const advice = `**${where}:** ${change}`
  return wrap(hasSiblings ? `- ${formatCondition(row)}. ${advice}` : advice)
}

function formatCondition({ providers, found, sign }: Omit<AdviceRow, 'where' | 'change'>): string {
  const parts = [
    ...(providers === undefined ? [] : [`provider ${providers.join(', ')}`]),
    ...(found === undefined ? [] : [`found: "${found}"`]),
    ...(sign === undefined ? [] : [sign]),
  ]
  const text = parts.join(', ')
  return text === '' ? 'In all other cases' : `${text[0]!.toUpperCase()}${text.slice(1)}`
}

/** Breaks a paragraph or a list item into lines of at most `WIDTH` characters. */
function wrap(text: string): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.replaceAll('<', '\\<').split(' ')) {
    if (line !== '' && `${line} ${word}`.length > WIDTH) {
      lines.push(line)
      line = text.startsWith('- ') ? `  ${word}` : word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, line].join('\n')
}
