import type { ApiRequest, Expected, Stage, Step } from './step.ts'

/** A step that was played: what was sent, what came back, and where that differs. */
export interface Performance {
  readonly step: Step
  readonly request: ApiRequest
  readonly answer: Answer
  /** What is not as expected, a sentence each. */
  readonly differences: readonly string[]
}

export interface Answer {
  readonly status: number
  readonly statusText: string
  readonly challenge: string | null
  readonly retryAfter: string | null
  readonly body: string
}

/** Plays one step over HTTP. */
export async function perform<S extends Stage>(step: Step<S>, stage: S): Promise<Performance> {
  const request = await step.prepare(stage)
  const answer = await send(request, (request.api ?? stage.api).url)
  return { step, request, answer, differences: differences(step.expected, answer) }
}

async function send({ target, credential }: ApiRequest, url: string): Promise<Answer> {
  const [method = '', path = ''] = target.split(' ')
  const headers = new Headers()
  if (credential) headers.set('authorization', `Bearer ${credential.token}`)
  const response = await fetch(url + path, { method, headers })
  return {
    status: response.status,
    statusText: response.statusText,
    challenge: response.headers.get('www-authenticate'),
    retryAfter: response.headers.get('retry-after'),
    body: await response.text(),
  }
}

function differences(expected: Expected, answer: Answer): string[] {
  const found: string[] = []
  const compare = (what: string, wanted: unknown, got: unknown): void => {
    const [a, b] = [wanted, got].map((value) => JSON.stringify(value) ?? 'nothing')
    if (a !== b) found.push(`${what} should be ${a} and is ${b}`)
  }
  compare('the status', expected.status, answer.status)
  compare('the error code of the challenge', expected.error, errorIn(answer.challenge))
  compare('a Retry-After of at least a second', expected.retryAfter, hasRetryAfter(answer))
  for (const [name, value] of Object.entries(expected.body ?? {})) {
    compare(`${name} in the body`, value, memberOf(answer.body, name))
  }
  return found
}

/** The code, null for a challenge without one, and undefined where there is no challenge. */
function errorIn(challenge: string | null): string | null | undefined {
  if (challenge === null) return undefined
  return /\berror="([^"]*)"/.exec(challenge)?.[1] ?? null
}

function hasRetryAfter({ retryAfter }: Answer): boolean | undefined {
  return retryAfter === null ? undefined : Number(retryAfter) >= 1
}

function memberOf(body: string, name: string): unknown {
  try {
    return (JSON.parse(body) as Record<string, unknown>)[name]
  } catch {
    return undefined
  }
}
