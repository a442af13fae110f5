import { hasControls } from '../authorization-server/authenticate-client.ts'
import type { ClientAuthentication } from '../model/client-authentication.ts'
import { whyUnfit } from '../authorization-server/private-key.ts'
import { Problems } from '../configuration-problems.ts'
import { isRecord } from '../lib/objects.ts'
import { isAlgorithm } from '../signature/algorithms.ts'
import { isName, type Say } from './read-values.ts'

/** The members of each way to authenticate, beside `method`. */
const METHODS: Readonly<Record<ClientAuthentication['method'], readonly string[]>> = {
  client_secret_basic: ['secret'],
  client_secret_post: ['secret'],
  private_key_jwt: ['key', 'algorithm', 'keyId', 'audience', 'assertion'],
  tls_client_auth: [],
}

/** Validates the id of a client. `whose` says what it is the id of. */
export function readClientId(clientId: unknown, whose: string, say: Say): string {
  if (!isName(clientId)) {
    say(`clientId is missing (is the environment variable set?): give the id under which ${whose}.`)
  } else if (hasControls(clientId)) say('clientId holds a line break: trim it.')
  return clientId as string
}

/** Validates how a client says who it is. No value that could be a secret is ever in a message. */
export function readAuthentication(given: unknown, say: Say): ClientAuthentication {
  const method = isRecord(given) ? given['method'] : undefined
  if (!isRecord(given) || typeof method !== 'string' || !Object.hasOwn(METHODS, method)) {
    say(`clientAuthentication must be an object with a method: ${Object.keys(METHODS).join(', ')}.`)
    return { method: 'tls_client_auth' }
  }
  sayUnknown(given, ['method', ...METHODS[method as keyof typeof METHODS]], (problem) =>
    say(`clientAuthentication.${problem}`),
  )
  if (method.startsWith('client_secret')) checkSecret(given['secret'], say)
  if (method === 'private_key_jwt') {
    if (given['assertion'] === undefined) checkKey(given, say)
    else checkAssertion(given, say)
  }
  // A copy, so that what was checked is what is used. Secrets stay where they are.
  return { ...given } as unknown as ClientAuthentication
}

type Given = Readonly<Record<string, unknown>>

function checkSecret(secret: unknown, say: Say): void {
  if (typeof secret === 'function') return
  if (secret === undefined || secret === '')
    say('clientAuthentication.secret is missing (is the environment variable set?).')
  else if (typeof secret !== 'string')
    say('clientAuthentication.secret must be a string, or a function that gives one.')
  else if (hasControls(secret)) say('clientAuthentication.secret holds a line break: trim it.')
}

function checkKey({ key, algorithm, keyId, audience }: Given, say: Say): void {
  if (key === undefined) {
    say(
      'clientAuthentication.key is missing: give a private CryptoKey, KeyObject or JWK, a function that gives one, or assertion.',
    )
  } else if (algorithm !== undefined && !isAlgorithm(algorithm)) {
    say('clientAuthentication.algorithm must be the name of an algorithm, such as ES256.')
  } else if (typeof key !== 'function') {
    const why = whyUnfit(key, algorithm)
    if (why !== undefined) say(`clientAuthentication.key ${why}.`)
  }
  for (const [name, value] of Object.entries({ keyId, audience }))
    if (value !== undefined && !isName(value)) say(`clientAuthentication.${name} must be a string.`)
}

function checkAssertion({ assertion, key, algorithm, keyId, audience }: Given, say: Say): void {
  if (typeof assertion !== 'function')
    say('clientAuthentication.assertion must be a function that gives a new one at each use.')
  const beside = Object.entries({ key, algorithm, keyId, audience }).filter(
    ([, value]) => value !== undefined,
  )
  for (const [name] of beside)
    say(`clientAuthentication.${name} stands beside assertion, which is made elsewhere.`)
}

/** Says which members are not known. */
export function sayUnknown(options: object, known: readonly string[], say: Say): void {
  const problems = new Problems()
  problems.unknownNames(options, known)
  for (const problem of problems.all) say(problem)
}
