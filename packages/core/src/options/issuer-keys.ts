import type { JsonObject } from '../lib/json.ts'
import { parseJsonObject } from '../lib/parse-json.ts'
import { isRecord } from '../lib/objects.ts'
import type { AlgorithmPolicy, KeyOrigin } from '../model/settings.ts'
import {
  type Algorithm,
  ALGORITHMS,
  DEFAULT_ALGORITHMS,
  isAlgorithm,
} from '../signature/algorithms.ts'
import type { OptionContext } from './option-context.ts'
import { names } from './option-rows.ts'
import type { OptionRow } from './option-table.ts'

/** Reads the option `jwks`. */
export function readJwks(
  given: unknown,
  name: string,
  { report }: OptionContext,
): JsonObject | undefined {
  if (given === undefined) return undefined
  try {
    // Copies, checks and freezes the value in the same way as a fetched document.
    const document = parseJsonObject(new TextEncoder().encode(JSON.stringify(given)))
    if (Array.isArray(document['keys'])) return document
  } catch {}
  report(`${name} must be a JWK Set: { keys: [...] } with public keys as JWKs.`)
  return undefined
}

/** Reads the option `secret`, and copies its bytes. */
export function readSecret(
  given: unknown,
  name: string,
  { report }: OptionContext,
): Uint8Array | undefined {
  if (given === undefined) return undefined
  const isKeyObject =
    isRecord(given) && given['type'] === 'secret' && typeof given['export'] === 'function'
  const bytes = isKeyObject ? (given as { export(): unknown }).export() : given
  if (bytes instanceof Uint8Array) return Uint8Array.from(bytes)
  report(
    `${name} must be bytes (a Uint8Array) or a secret KeyObject. A string is not accepted, because its encoding is ambiguous: use Buffer.from(text, encoding).`,
  )
  return undefined
}

/** Creates a row for an option that lists signature algorithms. */
export function algorithmNames(
  facts: { readonly variable?: string } = {},
): OptionRow<readonly Algorithm[], readonly Algorithm[] | undefined> {
  const must = `an array of algorithms (${Object.keys(ALGORITHMS).join(', ')})`
  return names(must, { ...facts, matches: isAlgorithm })
}

/** Returns the source of an issuer's keys. */
export function toKeyOrigin({
  jwksUri,
  jwks,
  secret,
}: {
  readonly jwksUri: string | undefined
  readonly jwks: JsonObject | undefined
  readonly secret: Uint8Array | undefined
}): KeyOrigin {
  if (secret !== undefined) return { kind: 'secret', secret }
  if (jwks !== undefined) return { kind: 'static', document: jwks }
  return jwksUri === undefined ? { kind: 'discovery' } : { kind: 'jwks_uri', uri: jwksUri }
}

/** Returns the accepted algorithms: the value of the option, or the default for the kind of keys. */
export function toAlgorithmPolicy(
  algorithms: readonly Algorithm[] | undefined,
  isSymmetric: boolean,
): AlgorithmPolicy {
  if (algorithms !== undefined) return { algorithms, named: true }
  return { algorithms: isSymmetric ? ['HS256'] : DEFAULT_ALGORITHMS, named: false }
}
