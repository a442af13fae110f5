import { getOwn, ifOwn, isOwn, isRecord } from '@bearward/core/internal'
import { type MessageId, MODERN_VERSION, VERSION_MEMBER } from './protocol.ts'

/** The kinds of operations that have a name. */
export type OperationKind = 'tool' | 'prompt' | 'resource'

/** An operation that a message requests. */
export type Operation =
  /** A call of a tool, the use of a prompt, or the use of a resource. The name of a resource is its URI. */
  | { readonly kind: OperationKind; readonly method: string; readonly name: string }
  /** Another request or notification. */
  | { readonly kind: 'method'; readonly method: string }
  /** The response of a client to a request of the server. */
  | { readonly kind: 'response' }
  /** A message whose operation cannot be read. */
  | { readonly kind: 'unreadable' }

/** The parts of one message that headers can repeat. */
export interface NamedMessage {
  readonly method: unknown
  /** The member that `Mcp-Name` repeats. `undefined`: the message has no such member. */
  readonly name: string | undefined
}

/** The operations that a body requests. */
export interface Body {
  /** Never empty. A message can request several operations, such as subscriptions to several resources. */
  readonly operations: readonly Operation[]
  /** `true` if all messages are requests of `MODERN_VERSION` or later. A batch is never modern. */
  readonly isModern: boolean
  /** One entry for each message. */
  readonly messages: () => readonly NamedMessage[]
}

/** Maximum number of levels of nesting. A body with more levels is unreadable. */
export const DEEPEST = 64

/** Maximum number of messages, and of operations. A body that exceeds this number is unreadable. */
export const MOST_OPERATIONS = 1000

const UNREADABLE: Operation = { kind: 'unreadable' }
const RESPONSE: Operation = { kind: 'response' }

/**
 * Reads the operations of a parsed body: one message, or a batch of messages. Only own members are read. Never throws. `body` must
 * be the object that the server executes, because another parser can read another operation from the same text.
 */
export function readOperations(body: unknown): Body {
  const all: readonly unknown[] = Array.isArray(body) ? body : [body]
  const messages = () => all.map(toNamed)
  const unreadable = { operations: [UNREADABLE], isModern: false, messages }
  if (all.length === 0 || all.length > MOST_OPERATIONS) return unreadable
  const levels = Array.isArray(body) ? DEEPEST - 1 : DEEPEST
  const operations: Operation[] = []
  for (const message of all) {
    if (!readMessage(message, levels, operations)) return unreadable
    if (operations.length > MOST_OPERATIONS) return unreadable
  }
  return { operations, isModern: !Array.isArray(body) && isModern(body), messages }
}

/** The members that `Mcp-Name` repeats, by the method. */
const HEADER_MEMBERS: ReadonlyMap<unknown, string> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
  ['tasks/get', 'taskId'],
  ['tasks/update', 'taskId'],
  ['tasks/cancel', 'taskId'],
])

function toNamed(message: unknown): NamedMessage {
  if (!isRecord(message)) return { method: undefined, name: undefined }
  const method = ifOwn(message['method'], message, 'method')
  const member = HEADER_MEMBERS.get(method)
  const params = ifOwn(message['params'], message, 'params')
  const name = member !== undefined && isRecord(params) ? getOwn(params, member) : undefined
  return { method, name: typeof name === 'string' ? name : undefined }
}

/**
 * Adds the operations of a message to `found`: at least one. Returns `false` if the message has more than `levels` levels of objects
 * and arrays. One loop reads the members and checks the levels, because two loops take more time for a large batch.
 */
function readMessage(message: unknown, levels: number, found: Operation[]): boolean {
  if (!isRecord(message)) {
    found.push(UNREADABLE)
    return !isDeeperThan(message, levels)
  }
  let method: unknown
  let params: unknown
  let hasResult = false
  for (const name in message) {
    if (!isOwn(message, name)) continue
    const member = message[name]
    if (name === 'method') method = member
    else if (name === 'params') params = member
    else if (name === 'result' || name === 'error') hasResult = true
    if (isObject(member) && isDeeperThan(member, levels - 1)) return false
  }
  if (typeof method === 'string') readRequest(method, params, found)
  // The loop skips members that are not enumerable, so `isOwn` looks for `method` again.
  else found.push(hasResult && !isOwn(message, 'method') ? RESPONSE : UNREADABLE)
  return true
}

type Params = Readonly<Record<string, unknown>>

/** Adds the operations of a request or a notification to `found`. */
function readRequest(method: string, params: unknown, found: Operation[]): void {
  const readNames = NAMED.get(method)
  if (readNames === undefined) found.push({ kind: 'method', method })
  else if (isRecord(params)) readNames(params, found, method)
  else found.push(UNREADABLE)
}

/** Returns whether the operations of a method have names. */
export function hasNames(method: string): boolean {
  return NAMED.has(method)
}

/** The methods whose operations have names. Each function adds the operations of one request to `found`. */
const NAMED: ReadonlyMap<string, (params: Params, found: Operation[], method: string) => void> =
  new Map([
    ['tools/call', (params, found, method) => found.push(readName('tool', method, params))],
    ['prompts/get', (params, found, method) => found.push(readName('prompt', method, params))],
    ['resources/read', (params, found, method) => found.push(readUri(method, params))],
    [
      'resources/subscribe',
      (params, found, method) => found.push(readSubscription(method, params)),
    ],
    [
      'resources/unsubscribe',
      (params, found, method) => found.push(readSubscription(method, params)),
    ],
    ['completion/complete', (params, found, method) => found.push(readReference(method, params))],
    ['subscriptions/listen', readSubscriptions],
  ])

function readName(kind: 'tool' | 'prompt', method: string, params: Params): Operation {
  const name = ifOwn(params['name'], params, 'name')
  return typeof name === 'string' ? { kind, method, name } : UNREADABLE
}

function readUri(method: string, params: Params): Operation {
  const name = ifOwn(params['uri'], params, 'uri')
  return typeof name === 'string' ? { kind: 'resource', method, name } : UNREADABLE
}

/** Reads `completion/complete`, which reveals possible arguments of a prompt or a resource. */
function readReference(method: string, params: Params): Operation {
  const ref = getOwn(params, 'ref')
  const type = isRecord(ref) ? getOwn(ref, 'type') : undefined
  if (type === 'ref/prompt') return readName('prompt', method, ref as Params)
  return type === 'ref/resource' ? readUri(method, ref as Params) : UNREADABLE
}

/**
 * Reads a method that `MODERN_VERSION` has removed. A modern request without any URI requests nothing, and the server responds that
 * it does not know the method.
 */
function readSubscription(method: string, params: Params): Operation {
  const isWithoutUri = !isOwn(params, 'uri') && !isOwn(params, '__proto__')
  return isWithoutUri && hasModernMeta(params)
    ? { kind: 'method', method }
    : readUri(method, params)
}

function readSubscriptions(params: Params, found: Operation[], method: string): void {
  const notifications = getOwn(params, 'notifications')
  if (!isRecord(notifications)) return void found.push(UNREADABLE)
  const uris = getOwn(notifications, 'resourceSubscriptions') ?? []
  if (!Array.isArray(uris) || uris.length > MOST_OPERATIONS) return void found.push(UNREADABLE)
  found.push({ kind: 'method', method })
  for (const name of uris as unknown[])
    found.push(typeof name === 'string' ? { kind: 'resource', method, name } : UNREADABLE)
}

/** Maximum number of characters of an id that a response repeats. */
export const LONGEST_ID = 256

/** Returns the id of a message: a text or an integer. Returns `null` for a batch, a long text and any other id. */
export function readId(body: unknown): MessageId {
  const id = isRecord(body) ? ifOwn(body['id'], body, 'id') : undefined
  if (typeof id === 'string') return id.length <= LONGEST_ID ? id : null
  return Number.isInteger(id) ? (id as number) : null
}

/** Returns whether a message is a request of `MODERN_VERSION` or later. `initialize` belongs to earlier versions only. */
function isModern(message: unknown): boolean {
  if (!isRecord(message) || getOwn(message, 'method') === 'initialize') return false
  const params = ifOwn(message['params'], message, 'params')
  return isRecord(params) && hasModernMeta(params)
}

function hasModernMeta(params: Params): boolean {
  const meta = getOwn(params, '_meta')
  const version = isRecord(meta) ? getOwn(meta, VERSION_MEMBER) : undefined
  return typeof version === 'string' && version >= MODERN_VERSION
}

/**
 * Returns whether a value has more than `levels` levels of objects and arrays. The search reads no deeper levels, so a deep value
 * cannot exhaust the stack.
 */
function isDeeperThan(value: unknown, levels: number): boolean {
  if (!isObject(value)) return false
  if (levels === 0) return true
  // If this function called itself for each text and each number, the search would take 33 % longer.
  if (Array.isArray(value)) {
    for (const entry of value as unknown[])
      if (isObject(entry) && isDeeperThan(entry, levels - 1)) return true
    return false
  }
  for (const name in value) {
    const member = value[name]
    if (isObject(member) && isDeeperThan(member, levels - 1)) return true
  }
  return false
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
