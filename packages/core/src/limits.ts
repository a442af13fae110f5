import { deepFreeze } from './lib/deep-freeze.ts'
import { JSON_LIMITS } from './lib/json.ts'

/**
 * Limits that are not options. They bound the input from callers and servers, the memory it can take, and the work it can
 * cause. Each limit is numeric, tested, and documented in SECURITY.md.
 *
 * The times between outgoing calls are in the files that make these calls: `KEY_TIMES`, `BREAKER`, `PROBE`,
 * `METADATA_AGE`, `LONGEST_RETRY_AFTER`. The estimated memory of a cache entry is defined next to its cache.
 */
export const LIMITS = deepFreeze({
  /** Characters of an access token. Node limits all header lines together to 16 KiB. */
  tokenLength: 16_384,
  /** Header lines at which a request is refused. Some versions of Node drop all lines after the 1000th without an error. */
  headerLines: 1000,
  /** Characters of a header with a client certificate. */
  certificateHeader: 16_384,
  /** Levels of nesting in a JOSE header, a claims set, or a document of the authorization server. */
  jsonDepth: JSON_LIMITS.depth,
  /** Values (members and elements, at all levels together) in one such JSON text. */
  jsonValues: JSON_LIMITS.values,
  /** Names of members with escapes in one such JSON text. */
  jsonEscapedNames: JSON_LIMITS.escapedNames,
  /** Members, objects and arrays of a claims set that has more than 4,000 characters. */
  jsonStructure: JSON_LIMITS.structure,
  /** JOSE headers that are cached after parsing, and the characters that a cached header can have. */
  cachedHeaders: { entries: 100, length: 1024 },
  /** Scopes that are cached after they are split, and the characters that they can have together. */
  cachedScopes: { entries: 100, length: 1024 },
  /** Bytes of a document of the authorization server, after decompression. */
  documentBytes: 524_288,
  /** Bytes of an introspection response, after decompression. */
  introspectionBytes: 65_536,
  /** Introspection calls to one issuer at the same time. */
  introspectionCalls: 128,
  /**
   * The number of `introspectionCalls` that is reserved for known tokens: tokens that were active before or whose signature
   * was verified.
   */
  callsForKnownTokens: 32,
  /**
   * Seconds for which all guards of a request accept an introspection response that was received for it, or a result of
   * `revoked`.
   */
  responseOfRequest: 1,
  /**
   * Period in seconds. If the endpoint returned 200 for another token in it, a 400, 413, 414 or 422 means that the token is
   * inactive (401). Otherwise it means that the endpoint is unavailable (503).
   */
  otherResponse: 60,
  /** Introspection responses of one issuer that are cached: active ones and their total bytes, and inactive ones. */
  cachedResponses: { active: 10_000, activeBytes: 16_777_216, inactive: 1000 },
  /** Maximum age of a signed introspection response, in seconds since its `iat`, in addition to the clock tolerance. */
  signedResponseAge: 60,
  /** Keys in one JWK Set. */
  keys: 100,
  /** Keys that are tried for one token. Several keys match a token without `kid`, or a `kid` that is listed twice. */
  keysTried: 4,
  /**
   * Requests that wait for a missing key of one issuer. `perKid` and `inPause` (all `kid`s together) apply during a pause
   * between fetches, `duringFetch` applies during a fetch.
   */
  waitingForKeys: { perKid: 4, inPause: 256, duringFetch: 4096 },
  /** Bits of an RSA modulus. RFC 7518 section 3.3 sets the lower bound. The upper bound limits the work. */
  rsaBits: { min: 2048, max: 8192 },
  /** Characters of a claim that is matched with a pattern. A longer claim does not match. */
  claimMatched: 512,
  /** Actors in the `act` claim of one token: the current actor and the previous ones (RFC 8693 section 4.1). */
  actors: 8,
  /** Maximum of the options `introspection.maxAge` (`active`) and `introspection.negativeMaxAge` (`inactive`), in seconds. */
  introspectionAge: { active: 3600, inactive: 60 },
  /** Clients that are remembered for the event `audience_missing`, so that it is published once an hour for each of them. */
  reportedClients: 1000,
  /** Levels of scopes that contain others: see the option `scopes`. */
  scopeLevels: 8,
  /** Maximum of the option `clockTolerance`, in seconds. */
  clockTolerance: 300,
  /** Characters of a DPoP proof. */
  proofLength: 8192,
  /** Characters of the encoded header of a DPoP proof, which contains the key. */
  proofHeader: 4096,
  /** Characters of the `htu` of a DPoP proof, without its query. */
  targetUri: 2048,
  /** Bits of the RSA key of a DPoP proof, because everyone chooses their own key. */
  proofRsaBits: 4096,
  /** Keys of DPoP proofs that are kept after import. */
  proofKeys: 1000,
  /** Seconds that a replay store may take. A store can set a shorter time. */
  replayStoreTime: 1,
  /** Seconds since the issue of a nonce, for which `whenReplayUnknown: 'nonce'` accepts a proof. */
  freshNonce: 5,
  /** Seconds that the function in the option `revoked` may take. */
  revocationTime: 1,
  /** Limits for issuers that the function `resolve` in the option `issuers` returns. */
  dynamicIssuers: {
    /** Characters of an `iss`. */
    nameLength: 1024,
    /** Issuers of which no token was verified yet, as a part of `maxEntries`. They are cached in addition. */
    unprovedPart: 0.25,
    /** Issuers that can be added per second and per 1000 `maxEntries`, if no token of them was verified before. */
    newPerSecond: 25,
    /** Names of issuers that are remembered as proved, for each of `maxEntries`. */
    knownNames: 10,
    /** Calls of `resolve` that wait for other calls: for proved issuers, and for others. */
    waiting: 1000,
    /** Longest pause in seconds after a failed call of `resolve`. The first pause takes one second. */
    pause: 8,
    /** Part of the token cache that the tokens of one issuer can take. */
    tokenPart: 0.1,
    /** Introspection responses of one issuer that are cached: active ones and their total bytes, and inactive ones. */
    cachedResponses: { active: 100, activeBytes: 131_072, inactive: 50 },
  },
  /**
   * Lines that the log writes per second for each reason of a refusal and each kind of failure. Further lines are counted,
   * and the log writes their number.
   */
  logLines: 10,
  /**
   * Maximum of the option `maxTokenAge`, in seconds, if it replaces both the audience and `tokenUse` of introspected tokens.
   * Without them, only its age distinguishes an access token from a refresh token.
   */
  ageWithoutMark: 3600,
})
