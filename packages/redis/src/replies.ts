import { ReplayStoreError } from '@bearward/core'
import { getMember } from '@bearward/core/internal'

/** Returns the text of a reply that is a string. Clients can be configured to return bytes. */
export function readText(reply: unknown): string | undefined {
  if (typeof reply === 'string') return reply
  return reply instanceof Uint8Array ? new TextDecoder().decode(reply) : undefined
}

/**
 * Reads the reply to `SET key value NX GET`: the earlier value of the key. Returns whether the use with this value is the first
 * one.
 *
 * A client can send the command again if the connection fails before the reply. The reply is then the value of this use.
 */
export function readFirstUse(reply: unknown, value: string): boolean {
  if (reply === null) return true
  const earlier = readText(reply)
  // Something between the client and the server has removed `GET`.
  if (earlier === undefined || earlier === 'OK')
    throw new ReplayStoreError('failed', 'the reply to SET with NX and GET has an unexpected type')
  return earlier === value
}

/** Names of all policies of Redis and Valkey. */
const POLICY = /^(?:noeviction|(?:allkeys|volatile)-\w+)$/

/**
 * Reads the reply to `CONFIG GET maxmemory-policy`: the policies of one server, or of each primary of a cluster. The reply can
 * be an array, an object or a Map.
 */
export function readPolicies(reply: unknown): readonly string[] {
  const text = readText(reply)
  if (text !== undefined) return POLICY.test(text) ? [text] : []
  if (reply instanceof Map) return [...reply.values()].flatMap(readPolicies)
  if (typeof reply !== 'object' || reply === null) return []
  return Object.values(reply).flatMap(readPolicies)
}

/**
 * Converts an error of a client to an error of the store. The message contains no text of the client, except an error code. The
 * errors of some clients contain the command with the id of the proof, so they do not become the `cause`.
 */
export function toStoreError(error: unknown): ReplayStoreError {
  if (error instanceof ReplayStoreError) return error
  const { message, name, code } = describeError(error)
  const reply = getErrorReply(message)
  if (reply !== undefined) return toReplyError(reply)
  if (/timeout/i.test(name) || /timed out/i.test(message))
    return new ReplayStoreError('timeout', 'the client stopped waiting for the reply')
  if (code !== undefined || CONNECTION.test(name) || CONNECTION.test(message))
    return new ReplayStoreError('unreachable', `the connection failed${inBrackets(code)}`)
  return new ReplayStoreError('failed', 'the function that sends commands threw an error')
}

/** Matches the name or the message of an error with which a client reports a problem of its connection. */
const CONNECTION =
  /connect|socket|stream|closed|closing|offline|disconnect|abort|retries|unavailable|circuit|slots cache/i

/** Prefix of most error replies in the messages of the client Valkey GLIDE. */
const GLIDE = /^An error was signalled by the server: - (?=\w+: )/

/** Returns an error reply, which begins with a code such as `OOM`. Returns `undefined` for an error of the client itself. */
function getErrorReply(message: string): string | undefined {
  const reply = message.replace(GLIDE, '')
  return reply !== message || /^[A-Z]+:? /.test(reply) ? reply : undefined
}

function toReplyError(reply: string): ReplayStoreError {
  // GLIDE replaces some codes by other names.
  const code = /^[A-Z]+(?=:? )/.exec(reply)?.[0]
  if (code === 'OOM') return new ReplayStoreError('full', 'the server has no free memory (OOM)')
  const detail = /^\w+:? syntax error/.test(reply)
    ? 'the server does not support SET with NX and GET, which requires Redis 7.0 or Valkey'
    : `the server refused the command${inBrackets(code)}`
  return new ReplayStoreError('failed', detail)
}

function inBrackets(code: string | undefined): string {
  return code === undefined ? '' : ` (${code})`
}

/** Returns the slot that an error reply names because the slot moves, or has moved, to another server of the cluster. */
export function getMovingSlot(error: unknown): number | undefined {
  const slot = /^(?:ASK|MOVED) (\d+) /.exec(describeError(error).message)?.[1]
  return slot === undefined ? undefined : Number(slot)
}

/**
 * Returns whether a server refuses a command for a lasting reason. Either the user has no permission for it (`NOPERM`), or the
 * server does not have it. Managed servers often refuse `CONFIG` in this way.
 */
export function isCommandRefused(error: unknown): boolean {
  const reply = getErrorReply(describeError(error).message)
  if (reply === undefined) return false
  // GLIDE writes `PermissionDenied` and `ResponseError` in place of `NOPERM` and `ERR`.
  return /^(?:NOPERM|PermissionDenied):? |^(?:ERR|ResponseError):? unknown (?:sub)?command\b/i.test(
    reply,
  )
}

function describeError(error: unknown): { message: string; name: string; code?: string } {
  if (typeof error !== 'object' || error === null) return { message: '', name: '' }
  const read = (member: string) => {
    const value = getMember(error as Record<string, unknown>, member)
    return typeof value === 'string' ? value : ''
  }
  // The classes of node-redis do not set `name`.
  const name = [read('name'), error.constructor?.name ?? ''].join(' ')
  const code = read('code')
  return { message: read('message'), name, ...(/^E[A-Z]+$/.test(code) && { code }) }
}
