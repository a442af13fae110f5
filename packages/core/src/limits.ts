import { deepFreeze } from './lib/deep-freeze.ts'
import { JSON_LIMITS } from './lib/json.ts'

/**
 * The bounds on what others may send here, keep here, or make us do: those that are no options, in one place.
 * Each is a number, has a test, and is documented. What paces our own calls stands with the code that it
 * paces (`KEY_TIMES`, `BREAKER`, `PROBE`, `METADATA_AGE`, `LONGEST_RETRY_AFTER`), and what memory an entry is charged with its
 * cache.
 */
export const LIMITS = deepFreeze({
  /** Characters of an access token. Node's own limit for all header lines together is 16 KiB. */
  tokenLength: 16_384,
  /** Header lines of a request. Some versions of Node drop the rest of 1000 lines without a word. */
  headerLines: 1000,
  /** Levels of nesting in a JOSE header, a claims set, or a document of the authorization server. */
  jsonDepth: JSON_LIMITS.depth,
  /** Values (members and elements, at all levels together) in one of these. */
  jsonValues: JSON_LIMITS.values,
  /** JOSE headers that are remembered after parsing, and the characters one may have. */
  rememberedHeaders: { entries: 100, length: 1024 },
  /** Bytes of a document of the authorization server, after decompression. */
  documentBytes: 524_288,
  /** Bytes of an introspection answer, after decompression. */
  introspectionBytes: 65_536,
  /** Introspection calls to one issuer at the same time. */
  introspectionCalls: 128,
  /** The number of these calls that are reserved for known tokens: those that were active before, or verified here. */
  callsForKnownTokens: 32,
  /** Seconds, from when it came, for which an answer that was asked for by a request is good for all its guards. */
  answerOfRequest: 1,
  /** Seconds since another token got an answer with 200, for a status 400, 413, 414 or 422 to be about the token. */
  otherAnswer: 60,
  /** Answers of one issuer that are remembered, and the bytes they may take together. */
  rememberedAnswers: { active: 10_000, activeBytes: 16_777_216, inactive: 1000 },
  /** Seconds that a signed introspection answer may be old, beside the clock tolerance. */
  signedAnswerAge: 60,
  /** Keys in one JWK Set. */
  keys: 100,
  /** Keys tried for one token, where a token without `kid` or a doubled `kid` leaves a choice. */
  keysTried: 4,
  /**
   * Requests that wait for a key of one issuer that is not held: for one `kid` and in all while no fetch may begin, and
   * during a fetch.
   */
  waitingForKeys: { perKid: 4, inPause: 256, duringFetch: 4096 },
  /** Bits of an RSA modulus (RFC 7518 section 3.3 sets the lower bound; the upper one bounds the work). */
  rsaBits: { min: 2048, max: 8192 },
  /** Characters of a claim that a pattern is held against. A longer one matches nothing. */
  claimMatched: 512,
  /** Actors in one token: the one who acts, and those who acted before. */
  actors: 8,
  /** Seconds for which an introspection answer may be configured to be used again. */
  introspectionAge: { active: 3600, inactive: 60 },
  /** Seconds: what the option of the same name may be at most. */
  clockTolerance: 300,
  /** Lines that the log writes in a second for each reason of a refusal and each kind of failure. Then it counts. */
  logLines: 10,
  /** Seconds that an introspected token may be old where neither its audience nor a mark says that it is an access token. */
  ageWithoutMark: 3600,
})
