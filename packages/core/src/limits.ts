import { deepFreeze } from './lib/deep-freeze.ts'
import { JSON_LIMITS } from './lib/json.ts'

/**
 * Limits that are not options. They limit the input from callers and servers, and the memory and the work that this input can
 * cause. Each limit is a number, has a test, and is documented in SECURITY.md.
 *
 * The times between outgoing calls are in the files that make these calls: `KEY_TIMES`, `BREAKER`, `PROBE`,
 * `METADATA_AGE`, `LONGEST_RETRY_AFTER`. The estimated memory of a cache entry is defined in the file of its cache.
 */
export const LIMITS = deepFreeze({
  /** Characters of an access token. Node limits all header lines together to 16 KiB. */
  tokenLength: 16_384,
  /** A request with this number of header lines or more is refused. Some versions of Node drop lines after the 1000th. */
  headerLines: 1000,
  /** Characters of a header with a client certificate. */
  certificateHeader: 16_384,
  /** Levels of nesting in a JOSE header, a claims set, or a document of the authorization server. */
  jsonDepth: JSON_LIMITS.depth,
  /** Values (members and elements, at all levels together) in one of the JSON texts that `jsonDepth` lists. */
  jsonValues: JSON_LIMITS.values,
  /** Member names that are written with escapes, in one of the JSON texts that `jsonDepth` lists. */
  jsonEscapedNames: JSON_LIMITS.escapedNames,
  /** Members, objects and arrays of a claims set that has more than 4,000 characters. */
  jsonStructure: JSON_LIMITS.structure,
  /** JOSE headers that are cached after parsing, and the maximum number of characters of a cached header. */
  cachedHeaders: { entries: 100, length: 1024 },
  /** `scope` values that are cached after they are split, and the maximum number of characters of such a value. */
  cachedScopes: { entries: 100, length: 1024 },
  /** Bytes of a document of the authorization server, after decompression. */
  documentBytes: 524_288,
  /** Bytes of an introspection response, after decompression. */
  introspectionBytes: 65_536,
  /** Introspection calls to one issuer at the same time. */
  introspectionCalls: 128,
  /**
   * The number of `introspectionCalls` that is reserved for known tokens. A token is known if an earlier response said that it is
   * active, or if its signature was verified.
   */
  callsForKnownTokens: 32,
  /**
   * Seconds for which all guards of a request use the same result: an introspection response for this request, or a result of the
   * function `revoked`.
   */
  responseOfRequest: 1,
  /**
   * Seconds after the endpoint has returned 200 for another token. In this time, a 400, 413, 414 or 422 for an unknown opaque token
   * means that this token is inactive (401). Otherwise, such a response means that the endpoint is unavailable (503).
   */
  otherResponse: 60,
  /** Cached introspection responses of one issuer: active responses, bytes of all active responses, and inactive responses. */
  cachedResponses: { active: 10_000, activeBytes: 16_777_216, inactive: 1000 },
  /** Maximum age of a signed introspection response, in seconds since its `iat`, in addition to the clock tolerance. */
  signedResponseAge: 60,
  /** Keys in one JWK Set. */
  keys: 100,
  /** Keys that are tried for one token. Several keys can match if the token has no `kid`, or if two keys have the same `kid`. */
  keysTried: 4,
  /**
   * Requests that wait for a missing key of one issuer. During a pause between fetches, the limits are `perKid` for each `kid`, and
   * `inPause` for all `kid`s together. During a fetch, the limit is `duringFetch`.
   */
  waitingForKeys: { perKid: 4, inPause: 256, duringFetch: 4096 },
  /** Bits of an RSA modulus. RFC 7518 section 3.3 sets the lower bound. The upper bound limits the work. */
  rsaBits: { min: 2048, max: 8192 },
  /** Characters of a claim that is compared with a pattern. A longer claim does not match. */
  claimMatched: 512,
  /** Actors in the `act` claim of one token: the current actor and the previous ones (RFC 8693 section 4.1). */
  actors: 8,
  /** Maximum of the options `introspection.maxAge` (`active`) and `introspection.negativeMaxAge` (`inactive`), in seconds. */
  introspectionAge: { active: 3600, inactive: 60 },
  /** Clients that are remembered for the event `audience_missing`, so that it is published once an hour for each of them. */
  reportedClients: 1000,
  /** Levels of scopes that imply other scopes: see the option `scopes`. */
  scopeLevels: 8,
  /** Maximum of the option `clockTolerance`, in seconds. */
  clockTolerance: 300,
  /** Characters of a DPoP proof. */
  proofLength: 8192,
  /** Characters of the encoded header of a DPoP proof, which contains the key. */
  proofHeader: 4096,
  /** Characters of the `htu` of a DPoP proof, without its query. */
  targetUri: 2048,
  /** Bits of the RSA key of a DPoP proof. The limit is lower than `rsaBits.max`, because every client chooses its own key. */
  proofRsaBits: 4096,
  /** Keys of DPoP proofs that are cached after import. */
  proofKeys: 1000,
  /** Seconds that a call of a replay store may take. A store can have a shorter timeout. */
  replayStoreTime: 1,
  /** Maximum age, in seconds, of a nonce that `whenReplayUnknown: 'nonce'` accepts. */
  freshNonce: 5,
  /** Seconds that a call of the function `revoked` may take. */
  revocationTime: 1,
  /**
   * Limits for issuers that the function `resolve` in the option `issuers` returns. An issuer is proved if one of its tokens was
   * verified.
   */
  dynamicIssuers: {
    /** Characters of an `iss`. */
    nameLength: 1024,
    /**
     * Issuers that are cached but not proved, as a fraction of `maxEntries`. They are cached in addition to `maxEntries` proved
     * issuers.
     */
    unprovedPart: 0.25,
    /**
     * Issuers that can be added per second, for each 1000 of `maxEntries`. The limit applies twice: to issuers that were never
     * proved, and to issuers that were proved earlier.
     */
    newPerSecond: 25,
    /** Names of proved issuers that are remembered, even if the issuers were evicted, as a multiple of `maxEntries`. */
    knownNames: 10,
    /**
     * Calls of `resolve` that wait for a free slot: this number for cached issuers that are proved, and the same number for all
     * others.
     */
    waiting: 1000,
    /** Longest pause after failed calls of `resolve`, in seconds. The first pause is one second. */
    pause: 8,
    /** Maximum fraction of the token cache for the tokens of one issuer. */
    tokenPart: 0.1,
    /** Cached introspection responses of one issuer: active responses, bytes of all active responses, and inactive responses. */
    cachedResponses: { active: 100, activeBytes: 131_072, inactive: 50 },
  },
  /**
   * Lines that the log writes per second for each reason of a refusal and each kind of failure. More lines are only counted,
   * and the log writes their number.
   */
  logLines: 10,
  /**
   * Maximum of the option `maxTokenAge`, in seconds, if introspected tokens are accepted without an audience, and the option
   * `tokenUse` is not set. In this case, only the age of a token shows whether it is an access token or a refresh token.
   */
  ageWithoutMark: 3600,
})
