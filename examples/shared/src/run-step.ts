import type { ApiRequest, ExpectedAnswer, Servers, Step } from './step.ts'

/** Result of a step: the request, the answer, and how the answer differs from the expected one. */
export interface StepResult {
  readonly step: Step
  readonly request: ApiRequest
  readonly answer: Answer
  /** One sentence for each difference. Empty if the answer is as expected. */
  readonly differences: readonly string[]
}

export interface Answer {
  readonly status: number
  readonly statusText: string
  readonly challenge: string | null
  readonly retryAfter: string | null
  readonly body: string
}

/** Sends the request of a step and compares the answer with the expected one. */
export async function runStep<S extends Servers>(step: Step<S>, servers: S): Promise<StepResult> {
  const request = await step.prepare(servers)
  const answer = await send(request, (request.api ?? servers.api).url)
  return { step, request, answer, differences: compare(step.expected, answer) }
}

async function send({ target, token }: ApiRequest, url: string): Promise<Answer> {
  const [method = '', path = ''] = target.split(' ')
  const headers = new Headers()
  if (token) headers.set('authorization', `Bearer ${token.value}`)
  const response = await fetch(url + path, { method, headers })
  return {
    status: response.status,
    statusText: response.statusText,
    challenge: response.headers.get('www-authenticate'),
    retryAfter: response.headers.get('retry-after'),
    body: await response.text(),
  }
}

function compare(expected: ExpectedAnswer, answer: Answer): string[] {
  const differences: string[] = []
  const check = (name: string, wanted: unknown, received: unknown): void => {
    const [a, b] = [wanted, received].map((value) => JSON.stringify(value) ?? 'absent')
    if (a !== b) differences.push(`${name} should be ${a} and is ${b}`)
  }
  check('the status', expected.status, answer.status)
  check('the error code of the challenge', expected.error, readError(answer.challenge))
  check('a Retry-After of at least one second', expected.retryAfter, hasRetryAfter(answer))
  for (const [name, value] of Object.entries(expected.body ?? {})) {
    check(`${name} in the body`, value, readMember(answer.body, name))
  }
  return differences
}

/** Returns the error code, `null` for a challenge without one, and `undefined` without a challenge. */
function readError(challenge: string | null): string | null | undefined {
  if (challenge === null) return undefined
  return /\berror="([^"]*)"/.exec(challenge)?.[1] ?? null
}

function hasRetryAfter({ retryAfter }: Answer): boolean | undefined {
  return retryAfter === null ? undefined : Number(retryAfter) >= 1
}

function readMember(body: string, name: string): unknown {
  try {
    return (JSON.parse(body) as Record<string, unknown>)[name]
  } catch {
    return undefined
  }
}
