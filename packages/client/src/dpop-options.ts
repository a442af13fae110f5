import {
  type Algorithm,
  canSign,
  checkKeyPair,
  copyOwnMembers,
  custom,
  describeNotPlain,
  isAlgorithm,
  isPlainObject,
  type KeyPair,
  nestContext,
  type OptionContext,
  type OptionRow,
  type OptionTable,
  type PrivateKey,
  readTable,
} from '@bearward/core/internal'

/**
 * Options for proofs of possession (DPoP, RFC 9449).
 *
 * @example
 * ```ts
 * const dpop: DpopKeyOptions = { key: createPrivateKey(await readFile('dpop.pem')), algorithm: 'ES256' }
 * ```
 */
export interface DpopKeyOptions {
  /**
   * Private key that signs the proofs: a `CryptoKeyPair`, a private `KeyObject` of Node, or a private JWK with its public
   * members. Tokens are bound to this key. Only its public members are sent.
   *
   * @default a key pair that is generated when the first token is requested
   */
  readonly key?: PrivateKey | KeyPair
  /**
   * Signature algorithm of the proofs. The authorization server and the APIs must support it. HMAC and ML-DSA are not accepted:
   * HMAC has no public key, and ML-DSA is not supported for signing.
   *
   * @default the `alg` of the JWK, or ES256
   */
  readonly algorithm?: Algorithm
}

/** Validated value of the option `dpop`. */
export interface DpopKeySettings {
  /** Missing: a key pair is generated. */
  readonly key: PrivateKey | KeyPair | undefined
  readonly algorithm: Algorithm
}

/** Algorithm that every implementation of DPoP supports in practice. */
const DEFAULT_ALGORITHM: Algorithm = 'ES256'

const DPOP_OPTIONS: OptionTable<DpopKeyOptions> = {
  // `readDpop` checks the key together with the algorithm.
  key: custom((given) => copyJwk(given) as PrivateKey | KeyPair | undefined),
  algorithm: custom(readDpopAlgorithm),
}

/** Row for `dpop` in the table of the options. Error messages contain no part of the key. */
export const DPOP: OptionRow<true | DpopKeyOptions, DpopKeySettings | undefined> = custom(
  readDpop,
  {
    table: DPOP_OPTIONS,
  },
)

function readDpop(
  given: unknown,
  name: string,
  context: OptionContext,
): DpopKeySettings | undefined {
  if (given === undefined) return undefined
  if (given === true) return { key: undefined, algorithm: DEFAULT_ALGORITHM }
  if (!isPlainObject(given)) {
    const not = typeof given === 'boolean' ? String(given) : describeNotPlain(given)
    context.report(`${name} must be true or an object { key, algorithm }, not ${not}.`)
    return undefined
  }
  const members = nestContext(context, name)
  const values = readTable(DPOP_OPTIONS, given, members)
  const { key } = values
  const own = isPlainObject(key) ? copyOwnMembers(key)['alg'] : undefined
  const algorithm = values.algorithm ?? (isAlgorithm(own) ? own : DEFAULT_ALGORITHM)
  const why = key === undefined ? undefined : checkKeyPair(key, algorithm)
  if (why !== undefined) members.report(`${members.toName('key')} ${why}.`)
  return { key, algorithm }
}

/** Copies a JWK or a key pair, so that nothing can change the key after the check. Returns other values unchanged. */
function copyJwk(given: unknown): unknown {
  return isPlainObject(given) ? { ...given } : given
}

function readDpopAlgorithm(
  given: unknown,
  name: string,
  { report }: OptionContext,
): Algorithm | undefined {
  if (given === undefined) return undefined
  if (isAlgorithm(given) && canSign(given)) return given
  report(
    `${name} must be the name of an algorithm with a private key, such as ES256 (ML-DSA is not accepted).`,
  )
  return undefined
}
