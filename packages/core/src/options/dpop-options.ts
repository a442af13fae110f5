import type { DpopSettings } from '../binding/dpop/dpop-settings.ts'
import type { NonceSettings } from '../binding/dpop/nonces.ts'
import { normalizeTarget } from '../binding/dpop/target-uri.ts'
import type { ReplayStore } from '../binding/replay-store.ts'
import { isAcceptableAddress } from '../authorization-server/address.ts'
import { describeEntries, describeGiven, describeNotPlain } from '../lib/describe-given.ts'
import { isPlainObject } from '../lib/objects.ts'
import { type Algorithm, getTraits, isAlgorithm } from '../signature/algorithms.ts'
import { nestContext, type OptionContext } from './option-context.ts'
import { type DpopContext, reportPublicUrl } from './public-url-option.ts'
import { choice, custom, names, required, seconds } from './option-rows.ts'
import { type OptionRow, type OptionTable, readTable } from './option-table.ts'

/** Options for DPoP (RFC 9449): tokens that are bound to a key of the client. All times are in seconds. */
export interface DpopOptions {
  /**
   * `accept`: tokens that are bound to a key need a proof, and unbound tokens are accepted with the scheme Bearer. `required`:
   * every token must be bound to a key. This mode requires `metadata`: clients without a token find the authorization server only
   * in the metadata.
   *
   * @default 'accept'
   */
  readonly mode?: 'accept' | 'required'
  /**
   * The algorithms of proofs. Every client chooses one of them.
   *
   * @default ['ES256', 'EdDSA', 'Ed25519', 'PS256', 'RS256']
   */
  readonly algorithms?: readonly Algorithm[]
  /**
   * Maximum age of a proof in seconds, from 1 to 600. The DPoP extension of MCP requires 300.
   *
   * @default 60
   */
  readonly maxAge?: number
  /**
   * Seconds by which clocks can differ, from 0 to 300.
   *
   * @default 5
   */
  readonly clockTolerance?: number
  /**
   * The store that remembers proofs, so that a proof can be used only once. It has no default.
   *
   * - `memoryReplay()`: for an API that runs in one process.
   * - `redisReplay(...)` of `@bearward/redis`: for several processes.
   * - `'nonce-only'`: no store. A stolen proof can be used again until the proof or its nonce is too old. Requires `nonce`.
   */
  readonly replay: ReplayStore | 'nonce-only'
  /**
   * Requires a nonce of this API in every proof, so that proofs cannot be made in advance (RFC 9449 section 9).
   *
   * @default proofs need no nonce
   */
  readonly nonce?: DpopNonceOptions
  /**
   * The decision about a request if the store cannot tell whether the proof was used before, for example because the store is
   * unavailable.
   *
   * - `refuse`: 503 `replay_unavailable`.
   * - `nonce`: accepts a proof whose nonce is less than 5 seconds old. Any other proof gets 401 with a new nonce. Requires
   *   `nonce`.
   * - `allow`: accepts the proof. A stolen proof can then be used again.
   *
   * Each such decision is published as the event `degraded`.
   *
   * @default 'refuse'
   */
  readonly whenReplayUnknown?: 'refuse' | 'nonce' | 'allow'
}

/** Options for DPoP nonces (RFC 9449 section 9). */
export interface DpopNonceOptions {
  /**
   * Secrets of at least 32 bytes. A text is converted to UTF-8 bytes. New nonces are created with the first secret. Nonces that
   * were created with any of the secrets are accepted. All processes of an API must have the same secrets.
   */
  readonly secrets: readonly (string | Uint8Array)[]
  /**
   * Seconds for which a nonce is accepted, from 10 to 3600. After two thirds of this time, a client gets a new nonce with its
   * next granted request.
   *
   * @default 120
   */
  readonly lifetime?: number
}

/** The algorithms of proofs that are accepted by default. */
const USUAL_ALGORITHMS: readonly Algorithm[] = ['ES256', 'EdDSA', 'Ed25519', 'PS256', 'RS256']

/** Algorithms with such long keys and signatures that a proof for a typical address is longer than `LIMITS.proofLength`. */
const TOO_LONG: readonly Algorithm[] = ['ML-DSA-65', 'ML-DSA-87']

/** Returns whether a value is an algorithm that has a public key and is not in `TOO_LONG`. */
function isProofAlgorithm(value: unknown): value is Algorithm {
  return isAlgorithm(value) && getTraits(value).kty !== 'oct' && !TOO_LONG.includes(value)
}

const REPLAY: OptionRow<ReplayStore | 'nonce-only', ReplayStore | 'nonce-only'> =
  /* @__PURE__ */ required(
    /* @__PURE__ */ custom((given, name, { report }) => {
      const isStore =
        typeof given === 'object' &&
        given !== null &&
        typeof (given as Partial<ReplayStore>).firstUse === 'function'
      if (given !== undefined && given !== 'nonce-only' && !isStore) {
        report(
          `${name} must be a replay store such as memoryReplay(), or 'nonce-only', not ${typeof given === 'string' ? 'another text' : describeGiven(given)}.`,
        )
      }
      return given as ReplayStore | 'nonce-only'
    }),
    "set memoryReplay() for one process, redisReplay(...) of @bearward/redis for several, or 'nonce-only'",
  )

/** Minimum length of a secret in bytes. */
const SHORTEST_SECRET = 32

function toSecret(given: unknown): Uint8Array | undefined {
  const bytes = typeof given === 'string' ? new TextEncoder().encode(given) : given
  return bytes instanceof Uint8Array && bytes.length >= SHORTEST_SECRET
    ? Uint8Array.from(bytes)
    : undefined
}

const SECRETS: OptionRow<readonly (string | Uint8Array)[], readonly Uint8Array[]> =
  /* @__PURE__ */ custom(
    (given, name, { report }) => {
      const isSecret = (value: unknown) => toSecret(value) !== undefined
      if (Array.isArray(given) && given.length > 0 && Array.from(given).every(isSecret))
        return given.map((one) => toSecret(one)!)
      const found = given === undefined ? 'nothing' : describeEntries(given, isSecret)
      report(
        `${name} must be an array of secrets of at least ${SHORTEST_SECRET} bytes, not ${found}. Create one with: openssl rand -base64 32`,
      )
      return []
    },
    { required: true, isSecret: true },
  )

const NONCE_OPTIONS: OptionTable<DpopNonceOptions, NonceSettings> = /* @__PURE__ */ (() => ({
  secrets: SECRETS,
  lifetime: seconds({ min: 10, max: 3600, default: 120 }),
}))()

const NONCE: OptionRow<DpopNonceOptions, NonceSettings | undefined> = /* @__PURE__ */ custom(
  (given, name, context) => {
    if (given === undefined) return undefined
    if (isPlainObject(given)) return readTable(NONCE_OPTIONS, given, nestContext(context, name))
    context.report(`${name} must be an object { secrets }, not ${describeNotPlain(given)}.`)
    return undefined
  },
  { table: NONCE_OPTIONS },
)

/** The option `dpop` after validation, with defaults. */
export type DpopValues = Omit<DpopSettings, 'publicUrl' | 'resource'>

const DPOP_OPTIONS: OptionTable<DpopOptions, DpopValues> = /* @__PURE__ */ (() => ({
  mode: choice(['accept', 'required'], { default: 'accept' }),
  algorithms: custom<readonly Algorithm[], readonly Algorithm[]>(
    (given, name, context) => PROOF_ALGORITHMS.read(given, name, context) ?? USUAL_ALGORITHMS,
    { default: USUAL_ALGORITHMS },
  ),
  maxAge: seconds({ min: 1, max: 600, default: 60 }),
  clockTolerance: seconds({ min: 0, max: 300, default: 5 }),
  replay: REPLAY,
  nonce: NONCE,
  whenReplayUnknown: choice(['refuse', 'nonce', 'allow'], { default: 'refuse' }),
}))()

const PROOF_ALGORITHMS = /* @__PURE__ */ names<Algorithm>(
  'an array of signature algorithms such as ES256, without HMAC, ML-DSA-65 and ML-DSA-87',
  { matches: isProofAlgorithm },
)

/** The option `dpop`. */
export const DPOP: OptionRow<DpopOptions, DpopValues | undefined> = /* @__PURE__ */ custom(
  (given, name, context) => {
    if (given === undefined) return undefined
    if (!isPlainObject(given)) {
      context.report(`${name} must be an object { replay }, not ${describeNotPlain(given)}.`)
      return undefined
    }
    return readTable(DPOP_OPTIONS, given, nestContext(context, name))
  },
  { table: DPOP_OPTIONS },
)

/** Returns the settings of DPoP, or `undefined` if the option is not set. Reports options that contradict each other. */
export function toDpopSettings(
  values: DpopValues | undefined,
  { publicUrl, isGiven, resource, hasMetadata, hasCredentials }: DpopContext,
  context: OptionContext,
): DpopSettings | undefined {
  const { toName, report } = context
  const name = toName('dpop')
  if (values === undefined) return reportPublicUrl({ publicUrl, isGiven }, context)
  if (hasCredentials)
    report(
      `${name} cannot be used with ${toName('credentials')}: a token with a proof must be in the header Authorization.`,
    )
  if (values.nonce === undefined && values.replay === 'nonce-only')
    report(`${name}.replay 'nonce-only' requires ${name}.nonce.`)
  if (values.nonce === undefined && values.whenReplayUnknown === 'nonce')
    report(`${name}.whenReplayUnknown 'nonce' requires ${name}.nonce.`)
  if (values.replay === 'nonce-only' && values.whenReplayUnknown !== 'refuse')
    report(`${name}.whenReplayUnknown has no effect with ${name}.replay 'nonce-only': remove it.`)
  if (values.mode === 'required' && !hasMetadata)
    report(
      `${name}.mode 'required' requires ${toName('metadata')}: set it to {} and mount metadata().`,
    )
  if (values.nonce !== undefined && typeof publicUrl === 'function' && resource === undefined)
    report(
      `${name}.nonce requires ${toName('resource')} if ${toName('publicUrl')} is a function: the resource identifies this API in nonces.`,
    )
  const url = readPublicUrl(publicUrl, resource, context)
  return { ...values, publicUrl: url, resource: resource ?? (typeof url === 'string' ? url : '') }
}

function readPublicUrl(
  publicUrl: unknown,
  resource: string | undefined,
  { toName, report, insecureHosts }: OptionContext,
): DpopSettings['publicUrl'] {
  const name = toName('publicUrl')
  if (typeof publicUrl === 'function') return publicUrl as DpopSettings['publicUrl']
  if (publicUrl === undefined) {
    if (resource === undefined || resource === '') {
      report(
        `${name} is missing: ${toName('dpop')} requires the address at which clients call this API, such as 'https://api.example.com'.`,
      )
      return ''
    }
    const { origin, pathname } = new URL(resource)
    if (pathname === '/') return toPrefix(origin)
    report(
      `${name} is missing: ${toName('resource')} has the path ${pathname}, which a proxy may remove. Set '${origin}' if requests arrive with this path, and '${origin}${pathname}' if a proxy removes it.`,
    )
    return ''
  }
  const isUsable =
    typeof publicUrl === 'string' &&
    isAcceptableAddress(publicUrl, insecureHosts.hosts) &&
    !publicUrl.includes('?') &&
    normalizeTarget(publicUrl) !== undefined
  if (isUsable) return toPrefix(publicUrl)
  report(
    `${name} must be the https address at which clients call this API, without user name, query and fragment, or a function that returns { method, url }. http is accepted on loopback and for hosts in ${insecureHosts.name}.`,
  )
  return ''
}

/**
 * Returns the normalized address without a slash at its end. The host is in lower case and encoded in ASCII, as in the URL that
 * clients send.
 */
function toPrefix(address: string): string {
  const { origin } = new URL(address)
  const path = normalizeTarget(address)!.replace(/^https?:\/\/[^/]*/, '')
  return (origin + path).replace(/\/+$/, '')
}
