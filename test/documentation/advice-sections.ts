import { FAILURE_ADVICE } from '../../packages/core/src/advice/failure-advice.ts'
import { ADVICE as ADVICE_OF_CORE } from '../../packages/core/src/advice/find-advice.ts'
import type { AdviceRow, AdviceRows } from '../../packages/core/src/advice/refusal-facts.ts'
import { ADVICE as ADVICE_OF_MCP } from '../../packages/mcp/src/rejections.ts'
import type { Reason } from '@bearward/core'
import { ADVICE_SIGNS } from './advice-signs.ts'

const WIDTH = 120

/** The advice of all packages, by reason. */
export const ADVICE: Readonly<Record<Reason, AdviceRows>> = { ...ADVICE_OF_CORE, ...ADVICE_OF_MCP }

/** Returns the sections about refusals in docs/troubleshooting.md: one for each reason, with its advice. */
export function formatReasons(): string {
  return (Object.keys(ADVICE) as Reason[])
    .map((reason) => `### \`${reason}\`\n\n${formatRows(reason)}\n`)
    .join('\n')
}

/** Returns the list of failures in docs/troubleshooting.md. */
export function formatFailures(): string {
  const items = Object.entries(FAILURE_ADVICE).map(
    ([code, advice]) => `- \`${code}\`. ${formatAdvice(advice)}`,
  )
  return `${items.map(wrap).join('\n')}\n`
}

function formatRows(reason: Reason): string {
  const signs = [...(ADVICE_SIGNS[reason] ?? [])]
  const rows = ADVICE[reason].map((row) => {
    if (typeof row === 'string') return ['In all other cases', row]
    return [formatCondition(row, row.when && signs.shift()), row.advice]
  })
  if (signs.length > 0) throw new Error(`ADVICE_SIGNS has too many texts for ${reason}`)
  return rows
    .map(([condition, advice]) => [condition, formatAdvice(advice!)])
    .map(([condition, advice]) => wrap(rows.length > 1 ? `- ${condition}: ${advice}` : advice!))
    .join('\n')
}

function formatCondition({ providers, found, when }: AdviceRow, sign: string | undefined): string {
  if (when !== undefined && sign === undefined)
    throw new Error(`ADVICE_SIGNS has no text for ${String(when)}`)
  const parts = [
    ...(providers === undefined ? [] : [`the provider is ${providers.join(' or ')}`]),
    ...(found === undefined ? [] : [`\`found\` is "${found}"`]),
    ...(sign === undefined ? [] : [sign]),
  ]
  return `If ${parts.join(', and ')}`
}

/** Emphasizes the place of the change. */
function formatAdvice(advice: string): string {
  const [where, ...change] = advice.split(': ')
  return `**${where}:** ${change.join(': ')}`
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
