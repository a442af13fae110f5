import type { BearwardEvent } from '@bearward/core'
import { ADVICE } from '../../packages/core/src/advice/find-advice.ts'
import { AUDIENCE, ISSUER } from '../support/issuer.ts'
import type { Sent } from './attack.ts'
import { OTHER_AUDIENCE, SHARING_ISSUER } from './target.ts'

/** Maximum number of characters of a text that are compared. Guards do not read longer tokens. */
const LONGEST_TEXT = 20_000

/** Length of a piece in characters. If two texts share a piece of this length, this is not a coincidence. */
const PIECE_LENGTH = 12

/** Pieces of texts from the configuration, the RFCs and HTTP. A response may contain them even if a token contains them. */
const PUBLIC = toPieceSet([
  ISSUER,
  `${ISSUER} or https://other.example.com or ${SHARING_ISSUER}`,
  AUDIENCE,
  OTHER_AUDIENCE,
  'Authorization',
  'WWW-Authenticate',
  'Content-Type',
  'Content-Length',
  'application/json; charset=utf-8',
  'reports-cron',
  'client_profile',
  'preferred_username',
  'token_introspection',
  'response_type',
])

/** Returns the pieces that a response shares with a request, or with the decoded tokens of the request. */
export function leaks(sent: Sent, text: string): string[] {
  return piecesShown(sent, toPieces(text))
}

/**
 * Returns the pieces that events share with a request, and the texts of events that are not printable ASCII. Events may
 * contain the values of `SHOWN` members.
 */
export function eventLeaks(sent: Sent, events: readonly BearwardEvent[]): string[] {
  const texts = events.flatMap(listTexts)
  const values = decodedParts(sent).map(shownValues).join('\n')
  const isFixed = (piece: string) => FIXED.has(piece) || values.includes(piece)
  const strange = texts.filter((one) => !/^[\x20-\x7e]*$/.test(one))
  return [
    ...strange,
    ...piecesShown(
      sent,
      toPieces(texts.join('\0')).filter((piece) => !isFixed(piece)),
    ),
  ]
}

/** Members of a header or of claims that events may contain. Events may also contain the origin of `htu`. */
const SHOWN = ['iss', 'aud', 'typ', 'alg', 'kid', 'scope', 'client_id']

/** Pieces of texts of the core, which events may contain even if a request contains them. */
const FIXED = toPieceSet([
  ...Object.values(ADVICE)
    .flat()
    .map((row) => (typeof row === 'string' ? row : row.advice)),
  'several, joined by a comma',
  // The list of published kids.
  '"ES256-key", "',
])

function listTexts(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [String(value)]
  return Object.values(value).flatMap(listTexts)
}

/** Returns the values that events may contain, escaped and cut to 100 characters. A longer text is a leak. */
function shownValues(part: Buffer): string {
  let members: unknown
  try {
    members = JSON.parse(part.toString())
  } catch {}
  if (typeof members !== 'object' || members === null) return ''
  // At Stytch, the `sub` of a machine is its client id.
  const isShown = ([name, value]: [string, unknown]) =>
    SHOWN.includes(name) ||
    (name === 'sub' && typeof value === 'string' && value.startsWith('m2m-client-'))
  return Object.entries(members)
    .filter(isShown)
    .flatMap(([, value]) => [value].flat(2))
    .concat(toOrigin(members as { htu?: unknown }))
    .filter((value) => typeof value === 'string')
    .map((value) => JSON.stringify(value.slice(0, 100)).replaceAll(/[^\x20-\x7e]/g, escape))
    .map((text) => `${text},`)
    .join(' ')
}

/** Returns the origin of the address in a proof. Events contain it, so that a wrong `publicUrl` can be found. */
function toOrigin({ htu }: { htu?: unknown }): string {
  const origin = typeof htu === 'string' ? /^https?:\/\/[^/?#]+/i.exec(htu)?.[0] : undefined
  return origin?.toLowerCase() ?? ''
}

function escape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** Returns the `kid` values that a response shares with a request. Ignores values of one or two characters. */
export function leakedKids(sent: Sent, text: string): string[] {
  return decodedParts(sent)
    .map(readKid)
    .filter((kid) => kid.length > 2 && text.includes(kid))
}

function piecesShown(sent: Sent, pieces: readonly string[]): string[] {
  const decoded = decodedParts(sent).flatMap((part) => [part.toString(), latin1(part)])
  const secrets = [toRequestText(sent), ...decoded].map((secret) => secret.slice(0, LONGEST_TEXT))
  const shown = new Set(pieces.filter((piece) => !PUBLIC.has(piece)))
  return secrets.flatMap((secret) => toPieces(secret).filter((piece) => shown.has(piece)))
}

function toRequestText(sent: Sent): string {
  return sent instanceof Uint8Array ? latin1(sent) : [sent].flat().join('\n')
}

function decodedParts(sent: Sent): Buffer[] {
  const parts = toRequestText(sent).split(/[^A-Za-z0-9_-]+/)
  return parts.map((part) => Buffer.from(part, 'base64url'))
}

function toPieces(text: string): string[] {
  const pieces: string[] = []
  for (let at = 0; at + PIECE_LENGTH <= text.length; at++)
    pieces.push(text.slice(at, at + PIECE_LENGTH))
  return pieces
}

/** A set finds a piece many times faster than a search in the texts. */
function toPieceSet(texts: readonly string[]): ReadonlySet<string> {
  return new Set(toPieces(texts.join('\n')))
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}

function readKid(part: Buffer): string {
  try {
    const { kid } = JSON.parse(part.toString()) as { kid?: unknown }
    return typeof kid === 'string' ? kid : ''
  } catch {
    return ''
  }
}
