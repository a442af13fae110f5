import { styleText } from 'node:util'
import type { RefusedEvent } from '@bearward/core'
import type { ApiResponse, StepResult } from './run-step.ts'
import type { ExpectedResponse } from './step.ts'
import type { DescribedToken } from './tokens.ts'

type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow'

const IS_COLORED = process.stdout.isTTY && !process.env['NO_COLOR']

function styled(style: Style, text: string): string {
  return IS_COLORED ? styleText(style, text) : text
}

/** Returns a step with its request, its response and the log lines of the API. */
export function formatStep(
  number: number,
  { step, request, response, differences }: StepResult,
  refusal?: RefusedEvent,
): string {
  const lines = [
    `> ${request.target}`,
    ...(request.token ? formatToken(request.token, request.proof) : []),
    styled(getStyle(response), `< ${response.status} ${response.statusText}`),
    ...formatChallenges(response.challenge),
    ...(response.retryAfter === null ? [] : [`< Retry-After: ${response.retryAfter}`]),
    `< ${response.body}`,
    ...(refusal ? [styled('dim', `API log: ${formatRefusal(refusal)}`)] : []),
    ...(refusal?.advice ? [styled('dim', `API log: ${refusal.advice}`)] : []),
    ...(differences.length === 0
      ? [styled('dim', `as expected: ${formatExpected(step.expected)}`)]
      : differences.map(formatDifference)),
  ]
  const title = `${step.heading} (${step.expected.status})`
  const heading = styled('bold', `${String(number).padStart(2)}. ${title}`)
  return [heading, ...lines.map((line) => `    ${line}`), ''].join('\n')
}

/** Returns one line for each challenge. `fetch` joins the lines of the response with commas. */
function formatChallenges(challenge: string | null): readonly string[] {
  return (challenge?.split(/, (?=DPoP )/) ?? []).map((one) => `< WWW-Authenticate: ${one}`)
}

/** Returns a step as one line, with another line for each difference. */
export function formatStepLine(
  number: number,
  { step, request, response, differences }: StepResult,
): string {
  const status = styled(getStyle(response), String(response.status))
  const line = `${number}. ${request.target.padEnd(13)}  ${status}  ${step.heading}`
  return [line, ...differences.map((text) => `   ${formatDifference(text)}`)].join('\n')
}

/** Returns the number of expected responses, and the numbers of the steps with differences. */
export function formatSummary(results: readonly StepResult[]): string {
  const different = results.flatMap(({ differences }, index) =>
    differences.length > 0 ? [index + 1] : [],
  )
  const count = `${results.length - different.length} of ${results.length} responses as expected.`
  if (different.length === 0) return styled('green', count)
  return styled('red', `${count} Different: ${different.join(', ')}.`)
}

/** Returns the reason of a refusal and the failed check. */
export function formatRefusal({ reason, check, expected, found }: RefusedEvent): string {
  return `${reason} (${check}: expected ${expected}, found ${found})`
}

function formatDifference(difference: string): string {
  return styled('red', `NOT AS EXPECTED: ${difference}`)
}

function getStyle({ status }: ApiResponse): Style {
  return status < 400 ? 'green' : 'yellow'
}

/** Returns the header with a shortened token, and a description of the token. The output must not contain a complete token. */
function formatToken(
  { value, description }: DescribedToken,
  proof: string | undefined,
): readonly string[] {
  const shortened = value.length > 16 ? `${value.slice(0, 8)}...` : value
  return [
    `> Authorization: ${proof === undefined ? 'Bearer' : 'DPoP'} ${shortened}`,
    ...(proof === undefined ? [] : [`> DPoP: ${proof.slice(0, 8)}...`]),
    styled('dim', `token: ${description}`),
  ]
}

function formatExpected({ status, error, retryAfter, body }: ExpectedResponse): string {
  const parts = [String(status)]
  if (error === null) parts.push('a challenge without an error code')
  else if (error !== undefined) parts.push(error)
  if (retryAfter) parts.push('Retry-After')
  if (body !== undefined) parts.push(JSON.stringify(body))
  return parts.join(', ')
}
