import { styleText } from 'node:util'
import type { RefusedEvent } from '@bearward/core'
import type { Credential } from './credential.ts'
import type { Answer, Performance } from './performance.ts'
import type { Expected } from './step.ts'

type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow'

const COLOURED = process.stdout.isTTY && !process.env['NO_COLOR']

function styled(style: Style, text: string): string {
  return COLOURED ? styleText(style, text) : text
}

/** Why an API refused a request, and what to configure where it did not know who the caller was. */
export interface ExplainedRefusal extends RefusedEvent {
  readonly advice?: string
}

/** One step for people to read: heading, request, answer, and what only the server knows. */
export function told(
  number: number,
  { step, request, answer, differences }: Performance,
  refusal?: ExplainedRefusal,
): string {
  const lines = [
    `> ${request.target}`,
    ...(request.credential ? [`> ${authorizationLine(request.credential)}`] : []),
    styled(styleOf(answer), `< ${answer.status} ${answer.statusText}`),
    ...(answer.challenge === null ? [] : [`< WWW-Authenticate: ${answer.challenge}`]),
    ...(answer.retryAfter === null ? [] : [`< Retry-After: ${answer.retryAfter}`]),
    `< ${answer.body}`,
    ...(refusal ? [styled('dim', `server: ${explained(refusal)}`)] : []),
    ...(refusal?.advice ? [styled('dim', `server: ${refusal.advice}`)] : []),
    ...(differences.length === 0 ? [styled('dim', `as told: ${summary(step.expected)}`)] : []),
    ...differences.map(notAsTold),
  ]
  const heading = styled('bold', `${String(number).padStart(2)}. ${step.heading}`)
  return [heading, ...lines.map((line) => `    ${line}`), ''].join('\n')
}

/** One step as a line: what happens, the status, and what of it is not as told. */
export function toldOnOneLine(number: number, performance: Performance): string {
  const { step, answer, differences } = performance
  const line = `${number}. ${step.heading}: ${styled(styleOf(answer), String(answer.status))}`
  return [line, ...differences.map(notAsTold)].join('. ')
}

/** The last line, and which steps to look at where an answer differed. */
export function conclusion(performances: readonly Performance[]): string {
  const wrong = performances.flatMap(({ differences }, index) =>
    differences[0] ? [index + 1] : [],
  )
  const right = performances.length - wrong.length
  const count = `${right} of ${performances.length} answers as told above.`
  if (wrong.length === 0) return styled('green', count)
  return styled('red', `${count} Not so: ${wrong.join(', ')}.`)
}

/** Why a request was refused, on one line. */
export function explained(refusal: RefusedEvent): string {
  const { reason, check, expected, found } = refusal
  return `${reason} (${check}: expected ${expected}, found ${found})`
}

function notAsTold(difference: string): string {
  return styled('red', `NOT AS TOLD: ${difference}`)
}

function styleOf({ status }: Answer): Style {
  return status < 400 ? 'green' : 'yellow'
}

/** No token is ever shown whole. */
function authorizationLine({ token, origin }: Credential): string {
  const shortened = token.length > 16 ? `${token.slice(0, 8)}...` : token
  return `Authorization: Bearer ${shortened} ${styled('dim', `(${origin})`)}`
}

function summary({ status, error, retryAfter, body }: Expected): string {
  const challenge =
    error === undefined ? '' : ` and ${error ?? 'a challenge without an error code'}`
  const members = body === undefined ? '' : ` with ${JSON.stringify(body)}`
  return `${status}${challenge}${retryAfter ? ' and a time to come back' : ''}${members}`
}
