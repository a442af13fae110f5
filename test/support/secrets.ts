/**
 * Everything in a test file that must never be in an event or a log line: tokens, secrets and subjects. What makes or
 * receives them notes them here, and `watch-events.ts` looks for them.
 */
const secrets = new Set<string>()
const subjects = new Set<string>()
/** Values that events may show, also where a subject has the same. */
const shown = new Set<string>()

/** Shorter texts are found in others by chance. */
const MIN_LENGTH = 8
/** Tests that make thousands of tokens note some of them. */
const MOST = 500

/** Claims and header parameters that events may show. */
const SHOWN = [
  'iss',
  'aud',
  'client_id',
  'azp',
  'appid',
  'cid',
  'scope',
  'scp',
  'kid',
  'typ',
  'alg',
]

export function noteSecret(text: unknown): void {
  if (typeof text === 'string' && text.length >= MIN_LENGTH && secrets.size < MOST)
    secrets.add(text)
}

/** Notes a token that was signed, and its subject. `parts` are its header and its claims, as far as they are objects. */
export function noteToken(token: string, ...parts: readonly unknown[]): void {
  noteSecret(token)
  for (const part of parts) {
    if (typeof part !== 'object' || part === null) continue
    const members = part as Readonly<Record<string, unknown>>
    for (const value of SHOWN.flatMap((name) => members[name])) {
      if (typeof value === 'string') for (const one of [value, ...value.split(' ')]) shown.add(one)
    }
    const { sub } = members
    const isLong = typeof sub === 'string' && sub.length >= MIN_LENGTH
    // Machines of Stytch and Clerk have their client id as `sub`.
    const isClient = isLong && /^(?:m2m-client-|mch_)/.test(sub)
    if (isLong && !isClient && subjects.size < MOST) subjects.add(sub)
  }
}

/** Notes the credentials of a request that a server of a test has received. */
export function noteRequest(authorization: string | undefined, form: URLSearchParams): void {
  for (const name of ['token', 'client_secret', 'client_assertion']) noteSecret(form.get(name))
  const basic = /^Basic (.+)$/.exec(authorization ?? '')?.[1]
  if (basic === undefined) return
  noteSecret(basic)
  const [, secret = ''] = Buffer.from(basic, 'base64').toString().split(':')
  noteSecret(secret)
  noteSecret(new URLSearchParams(`a=${secret}`).get('a'))
}

/** Returns the secrets and subjects that a text holds. */
export function findSecrets(text: string): readonly string[] {
  const isInside = (one: string) => text.includes(one)
  const ofPeople = [...subjects].filter((sub) => !shown.has(sub))
  return [...[...secrets].filter(isInside), ...ofPeople.filter(isInside)]
}
