import type { JsonObject } from '../lib/json.ts'
import { describeNotPlain } from '../lib/describe-given.ts'
import { copyOwnMembers, getMember, isPlainObject } from '../lib/objects.ts'
import { isAcceptableAddress } from '../authorization-server/address.ts'
import type { MetadataSettings } from '../model/settings.ts'
import { type Algorithm, isAlgorithm } from '../signature/algorithms.ts'
import { checkPrivateKey, type PrivateKey } from '../signature/private-key.ts'
import { nestContext, type OptionContext } from './option-context.ts'
import {
  address,
  custom,
  flag,
  missingPart,
  names,
  nested,
  required,
  text,
  wholeNumber,
} from './option-rows.ts'
import { type OptionRow, type OptionTable, readTable } from './option-table.ts'

/** Options of the metadata of this API (RFC 9728). All times are in seconds. */
export interface MetadataOptions {
  /**
   * The issuers that the metadata advertises in `authorization_servers`. Each of them must be trusted by this API.
   *
   * @default all static issuers, except issuers with `tenants`, public platforms (such as GitHub Actions) without
   *   `allowedClients`, and identifiers that are not acceptable addresses
   */
  readonly authorizationServers?: readonly string[]
  /**
   * The name of this API, for users (`resource_name`).
   *
   * @default none
   */
  readonly name?: string
  /**
   * Address of the documentation for developers (`resource_documentation`).
   *
   * @default none
   */
  readonly documentation?: string
  /**
   * Address of the requirements for the use of data (`resource_policy_uri`).
   *
   * @default none
   */
  readonly policyUri?: string
  /**
   * Address of the terms of service (`resource_tos_uri`).
   *
   * @default none
   */
  readonly tosUri?: string
  /**
   * Address of the public keys of this API (`jwks_uri`). Only clients that verify responses of this API need it.
   *
   * @default none
   */
  readonly jwksUri?: string
  /**
   * The algorithms with which this API signs its responses (`resource_signing_alg_values_supported`). Tokens can have other
   * algorithms.
   *
   * @default none
   */
  readonly signingAlgorithms?: readonly Algorithm[]
  /**
   * More members, such as translations of the name. Members that other options set are not allowed.
   *
   * @default none
   * @example
   * { 'resource_name#it': 'API dei rapporti' }
   */
  readonly more?: Readonly<Record<string, unknown>>
  /**
   * Signs the metadata: adds `signed_metadata` (RFC 9728 section 2.2).
   *
   * @default not signed
   */
  readonly signed?: SignedMetadataOptions
  /**
   * `true`: also responds at `/.well-known/oauth-protected-resource` without the path of `resource`. Set it only if no other API
   * on this host has metadata there.
   *
   * @default false
   */
  readonly atRoot?: boolean
  /**
   * Seconds for which clients may cache the metadata (`Cache-Control: max-age`).
   *
   * @default 3600
   */
  readonly maxAge?: number
}

/** Options of signed metadata (RFC 9728 section 2.2). */
export interface SignedMetadataOptions {
  /** The party that signs the metadata, as `iss`. It is usually the option `resource`. */
  readonly issuer: string
  /** The private key. */
  readonly key: PrivateKey
  /**
   * The signature algorithm. Required if the key does not name one.
   *
   * @default the `alg` of the JWK
   */
  readonly algorithm?: Algorithm
  /**
   * The `kid` in the header.
   *
   * @default the `kid` of the JWK, or none
   */
  readonly keyId?: string
}

const SIGNED_OPTIONS: OptionTable<SignedMetadataOptions> = /* @__PURE__ */ createSignedTable()

function createSignedTable(): OptionTable<SignedMetadataOptions> {
  return {
    issuer: required(text('a non-empty string'), 'set the party that signs the metadata'),
    key: custom((given) => given as PrivateKey, { required: true }),
    algorithm: custom((given, name, { report }) => {
      if (given === undefined || isAlgorithm(given)) return given
      report(`${name} must be the name of an algorithm, such as ES256.`)
      return undefined
    }),
    keyId: text('a non-empty string'),
  }
}

type SignedRow = OptionRow<SignedMetadataOptions, MetadataSettings['signed']>

const SIGNED: SignedRow = /* @__PURE__ */ custom(
  (given, name, context) => {
    if (given === undefined) return undefined
    if (!isPlainObject(given)) {
      context.report(`${name} must be an object { issuer, key }, not ${describeNotPlain(given)}.`)
      return undefined
    }
    const inside = nestContext(context, name)
    const values = readTable(SIGNED_OPTIONS, given, inside)
    const isWrongAlgorithm = getMember(given, 'algorithm') !== undefined && !values.algorithm
    const why = isWrongAlgorithm ? undefined : checkPrivateKey(values.key, values.algorithm)
    if (why !== undefined) context.report(`${inside.toName('key')} ${why}.`)
    return values
  },
  { table: SIGNED_OPTIONS },
)

/** The members of the metadata that options set, or that this version does not support. */
const OWN_MEMBERS: readonly string[] = [
  'resource',
  'authorization_servers',
  'jwks_uri',
  'scopes_supported',
  'bearer_methods_supported',
  'resource_signing_alg_values_supported',
  'resource_name',
  'resource_documentation',
  'resource_policy_uri',
  'resource_tos_uri',
  'tls_client_certificate_bound_access_tokens',
  'dpop_signing_alg_values_supported',
  'dpop_bound_access_tokens_required',
  'signed_metadata',
]

/** Claims that could make signed metadata look like a token. */
const TOKEN_CLAIMS: readonly string[] =
  'iss aud exp nbf iat sub jti cnf act client_id azp scope scp'.split(' ')

const MORE: OptionRow<Readonly<Record<string, unknown>>, JsonObject> = custom(
  (given, name, { report }) => {
    if (given === undefined) return {}
    if (!isPlainObject(given)) {
      report(
        `${name} must be an object with members of the metadata, not ${describeNotPlain(given)}.`,
      )
      return {}
    }
    const members = copyOwnMembers(given)
    for (const [member, value] of Object.entries(members)) {
      const problem = describeMember(member, value)
      if (problem !== undefined)
        report(`${name} contains ${JSON.stringify(member.slice(0, 60))}, which ${problem}.`)
    }
    return toJson(members)
  },
  {},
)

/** Completes the sentence "... contains a member, which ...". */
function describeMember(member: string, value: unknown): string | undefined {
  if (TOKEN_CLAIMS.includes(member))
    return 'is a claim of tokens: signed metadata must not look like a token'
  if (OWN_MEMBERS.includes(member)) return 'another option sets or this version does not support'
  if (/^resource_(?:documentation|policy_uri|tos_uri)#/.test(member)) {
    const isAddress = typeof value === 'string' && isAcceptableAddress(value, [])
    return isAddress ? undefined : 'must be an https address'
  }
  return describeValue(value)
}

function describeValue(value: unknown): string | undefined {
  const isEmpty = value === null || value === '' || (Array.isArray(value) && value.length === 0)
  // RFC 9728 section 3.2: members without a value are omitted.
  if (isEmpty) return 'has no value: remove it'
  return isJson(value) ? undefined : 'cannot be written as JSON'
}

function isJson(value: unknown): boolean {
  try {
    return JSON.stringify(value) !== undefined
  } catch {
    return false
  }
}

/** Returns a copy, so that later changes have no effect. */
function toJson(members: Readonly<Record<string, unknown>>): JsonObject {
  return isJson(members) ? (JSON.parse(JSON.stringify(members)) as JsonObject) : {}
}

type MetadataRow = OptionRow<MetadataOptions, MetadataSettings | undefined>

/** Returns the row of the option `metadata`. `signed` is the row of its option `signed`. */
function createRow(signed: SignedRow): MetadataRow {
  const table: OptionTable<MetadataOptions, MetadataSettings> = {
    authorizationServers: names('an array with at least one issuer'),
    name: text('a non-empty string'),
    documentation: address(),
    policyUri: address(),
    tosUri: address(),
    jwksUri: address(),
    signingAlgorithms: names('an array of signature algorithms', { matches: isAlgorithm }),
    more: MORE,
    signed,
    atRoot: flag(),
    maxAge: wholeNumber({ min: 0, max: 604_800, default: 3600 }),
  }
  return nested(table, 'an object such as {}')
}

/** The option `metadata`. */
export const METADATA: MetadataRow = /* @__PURE__ */ createRow(SIGNED)

/** The option `metadata` for resource servers without the part `signedMetadata`. */
export const METADATA_WITHOUT_SIGNED: MetadataRow = createRow(missingPart('signedMetadata'))

/** Reports options of the metadata that contradict other options. */
export function checkMetadata(
  metadata: MetadataSettings | undefined,
  {
    resource,
    isIssuer,
    hasStaticIssuers,
  }: {
    readonly resource: string | undefined
    readonly isIssuer: (name: string) => boolean
    readonly hasStaticIssuers: boolean
  },
  { toName, report, warn }: OptionContext,
): void {
  if (metadata === undefined) return
  const name = toName('metadata')
  if (resource === undefined)
    report(`${name} requires ${toName('resource')}: set it to the address of this API.`)
  if (metadata.authorizationServers === undefined && !hasStaticIssuers) {
    const advice =
      'The metadata contains no authorization_servers, because all issuers come from resolve. Set metadata.authorizationServers, so that clients find the authorization server.'
    warn({ issuer: undefined, option: 'metadata', advice })
  }
  // The message has no name of an issuer: a secret may have been given by mistake.
  for (const [index, server] of (metadata.authorizationServers ?? []).entries()) {
    if (isIssuer(server)) continue
    report(
      `${name}.authorizationServers[${index}] is not an issuer that this API trusts: add it to the issuers, or remove it here.`,
    )
  }
}
