import type { BearwardEvent } from '@bearward/core'
import { ADVICE } from '../../packages/core/src/advice/find-advice.ts'
import { AUDIENCE, ISSUER } from '../support/issuer.ts'
import { OTHER_AUDIENCE, SHARING_ISSUER } from './target.ts'

/** No token so long is ever read: of what is longer, the head will do. */
const READ = 20_000

/** So long a piece of something that was sent is no coincidence. */
const PIECE = 12

/** What the configuration, the RFCs and HTTP say anyway, whoever writes it into a token as well. */
const PUBLIC = [
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
].join('\n')

/** The pieces of what was sent that show in a response: of the request as it is, and of its decoded tokens. */
export function leaks(sent: Sent, text: string): string[] {
  return piecesShown(sent, piecesOf(text))
}

/** The same for events, which may hold the values of `SHOWN` members, in printable ASCII. */
export function eventLeaks(sent: Sent, events: readonly BearwardEvent[]): string[] {
  const texts = events.flatMap(textsIn)
  const values = decodedParts(sent).map(shownValues).join('\n')
  const isFixed = (piece: string) => FIXED.includes(piece) || values.includes(piece)
  const strange = texts.filter((one) => !/^[\x20-\x7e]*$/.test(one))
  return [
    ...strange,
    ...piecesShown(
      sent,
      piecesOf(texts.join('\0')).filter((piece) => !isFixed(piece)),
    ),
  ]
}

/** Members of a token that events may show (of a header or a claims set). */
const SHOWN = ['iss', 'aud', 'typ', 'alg', 'kid', 'scope', 'client_id']

/** Texts of the core, whoever writes them into a request as well. */
const FIXED = [
  ...ADVICE.map(({ where, change }) => `${where}: ${change}`),
  'several, joined by a comma',
  // Of the keys that the issuer publishes.
  '"ES256-key", "',
].join('\n')

function textsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [String(value)]
  return Object.values(value).flatMap(textsIn)
}

/** The shown values of a decoded part as they may appear: escaped, and bounded. Longer texts would be a leak. */
function shownValues(part: Buffer): string {
  let members: unknown
  try {
    members = JSON.parse(part.toString())
  } catch {}
  if (typeof members !== 'object' || members === null) return ''
  // Machines of Stytch have their client id as `sub`.
  const isShown = ([name, value]: [string, unknown]) =>
    SHOWN.includes(name) ||
    (name === 'sub' && typeof value === 'string' && value.startsWith('m2m-client-'))
  return Object.entries(members)
    .filter(isShown)
    .flatMap(([, value]) => [value].flat(2))
    .filter((value) => typeof value === 'string')
    .map((value) => JSON.stringify(value.slice(0, 100)).replaceAll(/[^\x20-\x7e]/g, escape))
    .map((text) => `${text},`)
    .join(' ')
}

function escape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** The values of `kid` in what was sent that show in a response, however short they are. */
export function leakedKids(sent: Sent, text: string): string[] {
  return decodedParts(sent)
    .map(kidOf)
    .filter((kid) => kid.length > 2 && text.includes(kid))
}

function piecesShown(sent: Sent, pieces: readonly string[]): string[] {
  const decoded = decodedParts(sent).flatMap((part) => [part.toString(), latin1(part)])
  const secrets = [requestOf(sent), ...decoded].map((secret) => secret.slice(0, READ))
  const shown = new Set(pieces.filter((piece) => !PUBLIC.includes(piece)))
  return secrets.flatMap((secret) => piecesOf(secret).filter((piece) => shown.has(piece)))
}

type Sent = string | readonly string[] | Uint8Array

function requestOf(sent: Sent): string {
  return sent instanceof Uint8Array ? latin1(sent) : [sent].flat().join('\n')
}

function decodedParts(sent: Sent): Buffer[] {
  const parts = requestOf(sent).split(/[^A-Za-z0-9_-]+/)
  return parts.map((part) => Buffer.from(part, 'base64url'))
}

function piecesOf(text: string): string[] {
  const pieces: string[] = []
  for (let at = 0; at + PIECE <= text.length; at++) pieces.push(text.slice(at, at + PIECE))
  return pieces
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}

function kidOf(part: Buffer): string {
  try {
    const { kid } = JSON.parse(part.toString()) as { kid?: unknown }
    return typeof kid === 'string' ? kid : ''
  } catch {
    return ''
  }
}
