/**
 * Tokens, secrets and subjects of a test file. None of them may be in an event or a log line. The functions that
 * create or receive them add them here, and `watch-events.ts` searches for them.
 */
const secrets = new Set<string>()
const subjects = new Set<string>()
/** The secrets and the subjects by their first characters. */
const byStart = new Map<string, readonly string[]>()
/** Values that events may contain, even if a subject is equal to one of them. */
const shown = new Set<string>()

/** Minimum length of a secret or a subject. Shorter texts occur in other texts by chance. */
const MIN_LENGTH = 8
/** Maximum number of secrets, and of subjects. Some tests create thousands of tokens. */
const MAX_COUNT = 500

/** Claims and header parameters that events may contain. */
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

/** Adds a token or a secret. Ignores short texts and values that are not texts. */
export function noteSecret(text: unknown): void {
  if (typeof text === 'string' && text.length >= MIN_LENGTH) add(text, secrets)
}

/**
 * Adds a signed token and its subject.
 *
 * @param parts Header and claims. Parts that are not objects are ignored.
 */
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
    // At Stytch and Clerk, the `sub` of a machine is its client id, which events may contain.
    const isClient = isLong && /^(?:m2m-client-|mch_)/.test(sub)
    if (isLong && !isClient) add(sub, subjects)
  }
}

/** Adds the credentials of a request that a test server has received. */
export function noteRequest(authorization: string | undefined, form: URLSearchParams): void {
  for (const name of ['token', 'client_secret', 'client_assertion']) noteSecret(form.get(name))
  const basic = /^Basic (.+)$/.exec(authorization ?? '')?.[1]
  if (basic === undefined) return
  noteSecret(basic)
  const [, secret = ''] = Buffer.from(basic, 'base64').toString().split(':')
  noteSecret(secret)
  noteSecret(new URLSearchParams(`a=${secret}`).get('a'))
}

/** Returns the secrets and subjects that a text contains. */
export function findSecrets(text: string): readonly string[] {
  const found = new Set<string>()
  // Searching for each secret would take many times longer, because a test file can have a thousand of them.
  for (let at = 0; at + MIN_LENGTH <= text.length; at++) {
    for (const one of byStart.get(text.slice(at, at + MIN_LENGTH)) ?? [])
      if (text.startsWith(one, at) && (secrets.has(one) || !shown.has(one))) found.add(one)
  }
  return [...found]
}

function add(text: string, to: Set<string>): void {
  if (to.size >= MAX_COUNT || to.has(text)) return
  to.add(text)
  const start = text.slice(0, MIN_LENGTH)
  byStart.set(start, [...(byStart.get(start) ?? []), text])
}
