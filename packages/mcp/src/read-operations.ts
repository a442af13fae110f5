import { type MessageId, MODERN_VERSION, VERSION_MEMBER } from './protocol.ts'

/** The kinds of operations that have a name. */
export type OperationKind = 'tool' | 'prompt' | 'resource'

/** An operation that a message requests. */
export type Operation =
  /** A call of a tool, the use of a prompt, or the use of a resource, whose name is a URI. */
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

/** Maximum number of messages, and of operations. A body with more is unreadable. */
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
  if (all.length === 0 || all.length > MOST_OPERATIONS || isDeeperThan(body, DEEPEST))
    return unreadable
  const operations: Operation[] = []
  for (const message of all) {
    readMessage(message, operations)
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
  const method = getOwn(message, 'method')
  const member = HEADER_MEMBERS.get(method)
  const params = getOwn(message, 'params')
  const name = member !== undefined && isRecord(params) ? getOwn(params, member) : undefined
  return { method, name: typeof name === 'string' ? name : undefined }
}

/** Adds the operations of a message to `found`. Adds at least one. */
function readMessage(message: unknown, found: Operation[]): void {
  if (!isRecord(message)) return void found.push(UNREADABLE)
  const method = getOwn(message, 'method')
  if (typeof method === 'string') return readRequest(method, getOwn(message, 'params'), found)
  const isResponse = method === undefined && (isIn(message, 'result') || isIn(message, 'error'))
  found.push(isResponse ? RESPONSE : UNREADABLE)
}

function readRequest(method: string, params: unknown, found: Operation[]): void {
  const read = NAMED.get(method)
  if (read === undefined) found.push({ kind: 'method', method })
  else if (isRecord(params)) read(method, params, found)
  else found.push(UNREADABLE)
}

type Params = Readonly<Record<string, unknown>>
type ReadParams = (method: string, params: Params, found: Operation[]) => void

/** The methods whose operations have names. `completion/complete` reveals possible arguments of a prompt or a resource. */
const NAMED: ReadonlyMap<string, ReadParams> = new Map([
  ['tools/call', byName('tool', 'name')],
  ['prompts/get', byName('prompt', 'name')],
  ['resources/read', byName('resource', 'uri')],
  ['resources/subscribe', readSubscription],
  ['resources/unsubscribe', readSubscription],
  ['completion/complete', readReference],
  ['subscriptions/listen', readSubscriptions],
])

/** Maximum number of characters of an id that a response repeats. */
export const LONGEST_ID = 256

/** Returns the id of a message: a text or an integer. Returns `null` for a batch, a long text and any other id. */
export function readId(body: unknown): MessageId {
  const id = isRecord(body) ? getOwn(body, 'id') : undefined
  if (typeof id === 'string') return id.length <= LONGEST_ID ? id : null
  return Number.isInteger(id) ? (id as number) : null
}

/** Returns whether the operations of a method have names. */
export function hasNames(method: string): boolean {
  return NAMED.has(method)
}

function byName(kind: OperationKind, member: 'name' | 'uri'): ReadParams {
  return (method, params, found) => {
    const name = getOwn(params, member)
    found.push(typeof name === 'string' ? { kind, method, name } : UNREADABLE)
  }
}

/**
 * Reads a method that `MODERN_VERSION` has removed. A modern request without any URI requests nothing, and the server responds that
 * it does not know the method.
 */
function readSubscription(method: string, params: Params, found: Operation[]): void {
  const isWithoutUri = !isIn(params, 'uri') && !isIn(params, '__proto__')
  if (isWithoutUri && hasModernMeta(params)) found.push({ kind: 'method', method })
  else byName('resource', 'uri')(method, params, found)
}

function readReference(method: string, params: Params, found: Operation[]): void {
  const ref = getOwn(params, 'ref')
  const type = isRecord(ref) ? getOwn(ref, 'type') : undefined
  if (type === 'ref/prompt') byName('prompt', 'name')(method, ref as Params, found)
  else if (type === 'ref/resource') byName('resource', 'uri')(method, ref as Params, found)
  else found.push(UNREADABLE)
}

function readSubscriptions(method: string, params: Params, found: Operation[]): void {
  const notifications = getOwn(params, 'notifications')
  if (!isRecord(notifications)) return void found.push(UNREADABLE)
  const uris = getOwn(notifications, 'resourceSubscriptions') ?? []
  if (!Array.isArray(uris) || uris.length > MOST_OPERATIONS) return void found.push(UNREADABLE)
  found.push({ kind: 'method', method })
  for (const name of uris as unknown[])
    found.push(typeof name === 'string' ? { kind: 'resource', method, name } : UNREADABLE)
}

/** Returns whether a message is a request of `MODERN_VERSION` or later. `initialize` belongs to earlier versions only. */
function isModern(message: unknown): boolean {
  if (!isRecord(message) || getOwn(message, 'method') === 'initialize') return false
  const params = getOwn(message, 'params')
  return isRecord(params) && hasModernMeta(params)
}

function hasModernMeta(params: Params): boolean {
  const meta = getOwn(params, '_meta')
  const version = isRecord(meta) ? getOwn(meta, VERSION_MEMBER) : undefined
  return typeof version === 'string' && version >= MODERN_VERSION
}

/** Returns whether a value has more than `levels` levels of objects and arrays. Its own calls are never deeper than that. */
function isDeeperThan(value: unknown, levels: number): boolean {
  if (!isObject(value)) return false
  if (levels === 0) return true
  // A call for each text and each number would take a third more time.
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

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return isObject(value) && !Array.isArray(value)
}

function isIn(object: object, name: string): boolean {
  return Object.prototype.hasOwnProperty.call(object, name)
}

function getOwn(object: Params, name: string): unknown {
  return isIn(object, name) ? object[name] : undefined
}
