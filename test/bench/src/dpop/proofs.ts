import {
  createHash,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  randomUUID,
  sign,
} from 'node:crypto'
import type { JWK } from 'jose'
import { createTimes } from '../claims.ts'
import { mintPool } from '../mint.ts'
import { LinePool } from './line-pool.ts'

/** Address of the API, and the path of the request for which every proof is created. */
export const ORIGIN = 'https://api.example.com'
export const PATH = '/reports'

export const PROOF_ALGORITHMS = ['ES256', 'EdDSA'] as const
export type ProofAlgorithm = (typeof PROOF_ALGORITHMS)[number]

/** Kinds of proofs, with the result that a request must have: `granted`, or the check that refuses it. */
export const PROOF_KINDS = {
  valid: 'granted',
  'bad signature': 'DPoP signature',
  'wrong key': 'cnf.jkt',
  'wrong ath': 'DPoP ath',
  garbage: 'DPoP header',
  'many members': 'DPoP header',
} as const
export type ProofKind = keyof typeof PROOF_KINDS

/** A bound token and proofs for it. */
export interface BoundToken {
  /** Public key of the issuer. */
  readonly issuerKey: JWK
  /** Public key to which the token is bound. */
  readonly clientKey: KeyObject
  /** One line: the value of the `Authorization` header. */
  readonly authorization: LinePool
  readonly proofs: LinePool
  /** Valid proofs that are sent before `proofs`. */
  readonly firstProofs: LinePool
}

export interface ProofOptions {
  readonly algorithm: ProofAlgorithm
  readonly kind: ProofKind
  readonly count: number
}

/** Number of valid proofs that are sent first. After them, the token and the key of the client are cached. */
const FIRST = 3
/** Characters of the longest proof that Bearward reads. */
const LONGEST = 8192
/** Bytes of each part of garbage, so that three parts and two dots have `LONGEST` characters. */
const GARBAGE_PART = 2047
/** A large number of long proofs would take too much memory. */
const LONG_COUNT = 1000
const LONG_KINDS: readonly ProofKind[] = ['garbage', 'many members']

/** Mints an RS256 token that is bound to a new key, and proofs of one kind. Every valid proof has its own `jti`. */
export async function mintBoundToken({
  algorithm,
  kind,
  count,
}: ProofOptions): Promise<BoundToken> {
  const key = new ProofKey(algorithm)
  const other = new ProofKey(algorithm)
  const claims = { cnf: { jkt: key.thumbprint } }
  const tokens = await mintPool({ algorithm: 'RS256', count: 1, claims }, createTimes(3600))
  const token = tokens.token(0)
  const ath = hashText(token)
  const makeProof: Readonly<Record<ProofKind, () => string>> = {
    valid: () => key.sign(ath),
    'bad signature': () => changeSignature(key.sign(ath)),
    'wrong key': () => other.sign(ath),
    'wrong ath': () => key.sign(hashText('another token')),
    garbage: createGarbage,
    'many members': createManyMembers,
  }
  const make = (length: number, one: () => string) => new LinePool(Array.from({ length }, one))
  return {
    issuerKey: tokens.jwk,
    clientKey: key.publicKey,
    authorization: new LinePool([`DPoP ${token}`]),
    proofs: make(LONG_KINDS.includes(kind) ? Math.min(count, LONG_COUNT) : count, makeProof[kind]),
    firstProofs: make(FIRST, makeProof.valid),
  }
}

/** A key of a client. */
class ProofKey {
  readonly publicKey: KeyObject
  readonly thumbprint: string
  readonly #privateKey: KeyObject
  readonly #hash: 'sha256' | null
  readonly #header: string

  constructor(alg: ProofAlgorithm) {
    const { publicKey, privateKey } =
      alg === 'ES256'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('ed25519')
    const jwk = publicKey.export({ format: 'jwk' })
    this.publicKey = publicKey
    this.thumbprint = hashText(JSON.stringify(jwk, Object.keys(jwk).sort()))
    this.#privateKey = privateKey
    this.#hash = alg === 'ES256' ? 'sha256' : null
    this.#header = encode({ alg, typ: 'dpop+jwt', jwk })
  }

  /** Creates a proof (RFC 9449 section 4.2). `ath` is the hash of the token. */
  sign(ath: string): string {
    const iat = Math.floor(Date.now() / 1000)
    const claims = { jti: randomUUID(), htm: 'GET', htu: ORIGIN + PATH, iat, ath }
    const input = `${this.#header}.${encode(claims)}`
    const key = { key: this.#privateKey, dsaEncoding: 'ieee-p1363' } as const
    return `${input}.${sign(this.#hash, Buffer.from(input), key).toString('base64url')}`
  }
}

function changeSignature(proof: string): string {
  const at = Math.floor((proof.lastIndexOf('.') + proof.length) / 2)
  return `${proof.slice(0, at)}${proof[at] === 'A' ? 'B' : 'A'}${proof.slice(at + 1)}`
}

/** Creates three parts of base64url that are not JSON. */
function createGarbage(): string {
  const part = () => randomBytes(GARBAGE_PART).toString('base64url')
  const garbage = [part(), part(), part()].join('.')
  if (garbage.length !== LONGEST) throw new Error(`garbage has ${garbage.length} characters`)
  return garbage
}

/** Creates a proof of about 8,000 characters. Its header has many members, and no `typ`. */
function createManyMembers(): string {
  const members = Array.from({ length: 680 }, (_, i) => [`m${i}`, 0])
  return `${encode(Object.fromEntries(members) as object)}.e30.AA`
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}

function hashText(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
