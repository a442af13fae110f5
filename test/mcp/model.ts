import { ADMIN, FLOOR } from './fixture.ts'

/** A model of the rules that shares no code with the guard. It reads a body as the most lenient server could read it. */

type Table = Readonly<Record<string, { readonly scope?: string }>>

/** The rules for each kind of operation, by the names of the operations. If a kind is missing, its operations have no rules. */
export interface Tables {
  readonly tool?: Table
  readonly prompt?: Table
  readonly resource?: Table
}

/** An operation that a server could execute. */
interface Executable {
  readonly kind: keyof Tables
  readonly name: string
}

/** Returns whether a caller may reach a server with this parsed body. `hasUnlisted`: operations without a rule are allowed. */
export function mayReach(
  body: unknown,
  scopes: readonly string[],
  tables: Tables,
  hasUnlisted: boolean,
): boolean {
  if (!scopes.includes(FLOOR)) return false
  return listMessages(body).every((message) => {
    if (toText(message['method']) === 'logging/setLevel' && !scopes.includes(ADMIN)) return false
    return listExecutable(message).every(({ kind, name }) => {
      const rule = Object.entries(tables[kind] ?? {}).find(([listed]) => listed === name)?.[1]
      if (rule === undefined) return hasUnlisted
      return rule.scope === undefined || scopes.includes(rule.scope)
    })
  })
}

/** Returns all messages of a body, including those in nested arrays. */
function listMessages(body: unknown): readonly Readonly<Record<string, unknown>>[] {
  if (Array.isArray(body)) return body.flatMap(listMessages)
  return typeof body === 'object' && body !== null ? [body as Record<string, unknown>] : []
}

function listExecutable(message: Readonly<Record<string, unknown>>): readonly Executable[] {
  const params = toRecord(message['params'])
  switch (toText(message['method'])) {
    case 'tools/call':
      return one('tool', params['name'])
    case 'prompts/get':
      return one('prompt', params['name'])
    case 'resources/read':
    case 'resources/subscribe':
      return one('resource', params['uri'])
    case 'completion/complete': {
      const ref = toRecord(params['ref'])
      if (ref['type'] === 'ref/prompt') return one('prompt', ref['name'])
      return ref['type'] === 'ref/resource' ? one('resource', ref['uri']) : []
    }
    case 'subscriptions/listen': {
      const uris = toRecord(params['notifications'])['resourceSubscriptions']
      return Array.isArray(uris) ? uris.flatMap((uri) => one('resource', uri)) : []
    }
    default:
      return []
  }
}

/** Returns the operation with a name. A lenient server converts every name to a text, and parses URIs. */
function one(kind: Executable['kind'], given: unknown): readonly Executable[] {
  if (given === undefined) return []
  const name = toText(given)
  return [{ kind, name: kind === 'resource' && URL.canParse(name) ? new URL(name).href : name }]
}

/** Converts a value to a text, as `[purge]` becomes `purge` in JavaScript. */
function toText(value: unknown): string {
  if (Array.isArray(value)) return value.map(toText).join(',')
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

function toRecord(value: unknown): Readonly<Record<string, unknown>> {
  // A lenient server may read the first of several params.
  const first: unknown = Array.isArray(value) ? value[0] : value
  return typeof first === 'object' && first !== null ? (first as Record<string, unknown>) : {}
}
