import { styleText } from 'node:util'
import type { Performance } from './performance.ts'
import type { Credential } from './credential.ts'
import type { Refusal } from './stage.ts'
import type { Expected } from './step.ts'

type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow'

const COLOURED = process.stdout.isTTY && !process.env['NO_COLOR']

function styled(style: Style, text: string): string {
  return COLOURED ? styleText(style, text) : text
}

/** One step for people to read: heading, request, answer, and what only the server knows. */
export function told(number: number, performance: Performance): string {
  const { step, request, answer, refusal, differences } = performance
  const lines = [
    `> ${request.target}`,
    ...(request.credential ? [`> ${authorizationLine(request.credential)}`] : []),
    styled(answer.status < 400 ? 'green' : 'yellow', `< ${answer.status} ${answer.statusText}`),
    ...(answer.challenge === null ? [] : [`< WWW-Authenticate: ${answer.challenge}`]),
    ...(answer.retryAfter === null ? [] : [`< Retry-After: ${answer.retryAfter}`]),
    `< ${answer.body}`,
    ...(refusal ? [styled('dim', `server: ${explained(refusal)}`)] : []),
    ...(refusal?.advice ? [styled('dim', `server: ${refusal.advice}`)] : []),
    ...(differences.length === 0 ? [styled('dim', `as told: ${summary(step.expected)}`)] : []),
    ...differences.map((difference) => styled('red', `NOT AS TOLD: ${difference}`)),
  ]
  const heading = styled('bold', `${String(number).padStart(2)}. ${step.heading}`)
  return [heading, ...lines.map((line) => `    ${line}`), ''].join('\n')
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
export function explained(refusal: Refusal): string {
  const { reason, check, expected, found } = refusal
  return `${reason} (${check}: expected ${expected}, found ${found})`
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
