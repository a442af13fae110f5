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

/**
 * The pieces of what was sent that show in a text: of the request as it is, and of what is in its tokens
 * once they are decoded.
 */
export function leaks(sent: Sent, text: string): string[] {
  const decoded = decodedParts(sent).flatMap((part) => [part.toString(), latin1(part)])
  const secrets = [requestOf(sent), ...decoded].map((secret) => secret.slice(0, READ))
  const shown = new Set(piecesOf(text).filter((piece) => !PUBLIC.includes(piece)))
  return secrets.flatMap((secret) => piecesOf(secret).filter((piece) => shown.has(piece)))
}

/** The values of `kid` in what was sent that show in a text, however short they are. */
export function leakedKids(sent: Sent, text: string): string[] {
  return decodedParts(sent)
    .map(kidOf)
    .filter((kid) => kid.length > 2 && text.includes(kid))
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
