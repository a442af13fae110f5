import type { ApiRequest, ExpectedResponse, Servers, Step } from './step.ts'

/** Result of a step: the request, the response, and the differences from the expected response. */
export interface StepResult {
  readonly step: Step
  readonly request: ApiRequest
  readonly response: ApiResponse
  /** One sentence for each difference. Empty if the response is as expected. */
  readonly differences: readonly string[]
}

/** The parts of a response that are checked or printed. */
export interface ApiResponse {
  readonly status: number
  readonly statusText: string
  readonly challenge: string | null
  readonly retryAfter: string | null
  readonly body: string
}

/** Sends the request of a step and compares the response with the expected one. */
export async function runStep<S extends Servers>(step: Step<S>, servers: S): Promise<StepResult> {
  const request = await step.prepare(servers)
  const response = await send(request, (request.api ?? servers.api).url)
  return { step, request, response, differences: compare(step.expected, response) }
}

async function send({ target, token, proof }: ApiRequest, url: string): Promise<ApiResponse> {
  const [method = '', path = ''] = target.split(' ')
  const headers = new Headers()
  const scheme = proof === undefined ? 'Bearer' : 'DPoP'
  if (token) headers.set('authorization', `${scheme} ${token.value}`)
  if (proof !== undefined) headers.set('dpop', proof)
  const response = await fetch(url + path, { method, headers })
  return {
    status: response.status,
    statusText: response.statusText,
    challenge: response.headers.get('www-authenticate'),
    retryAfter: response.headers.get('retry-after'),
    body: await response.text(),
  }
}

function compare(expected: ExpectedResponse, response: ApiResponse): string[] {
  const differences: string[] = []
  const check = (name: string, wanted: unknown, received: unknown): void => {
    const [a, b] = [wanted, received].map((value) => JSON.stringify(value) ?? 'absent')
    if (a !== b) differences.push(`${name} should be ${a} and is ${b}`)
  }
  check('the status', expected.status, response.status)
  check('the error code of the challenge', expected.error, readError(response.challenge))
  check('a Retry-After of at least one second', expected.retryAfter, hasRetryAfter(response))
  for (const [name, value] of Object.entries(expected.body ?? {})) {
    check(`${name} in the body`, value, readMember(response.body, name))
  }
  return differences
}

/** Returns the error code, or `null` for a challenge without an error code. Returns `undefined` if there is no challenge. */
function readError(challenge: string | null): string | null | undefined {
  if (challenge === null) return undefined
  return /\berror="([^"]*)"/.exec(challenge)?.[1] ?? null
}

function hasRetryAfter({ retryAfter }: ApiResponse): boolean | undefined {
  return retryAfter === null ? undefined : Number(retryAfter) >= 1
}

function readMember(body: string, name: string): unknown {
  try {
    return (JSON.parse(body) as Record<string, unknown>)[name]
  } catch {
    return undefined
  }
}
