/**
 * Values as JSON, for another process. In contrast to JSON alone, `undefined`, bytes and all numbers are kept, and a member
 * `__proto__` stays a member. `null`, booleans, texts, and finite numbers except -0 are encoded as themselves. Every other value is
 * encoded as an array that begins with the name of its kind.
 */
export type Encoded = null | boolean | number | string | readonly [kind: string, ...Encoded[]]

/** Encodes values that have no encoding of their own, such as functions. Returns `undefined` for all other values. */
export type EncodeMore = (value: unknown, path: string) => Encoded | undefined

/** Creates values of more kinds from their parts. */
export type DecodeMore = Readonly<Record<string, (...parts: readonly unknown[]) => unknown>>

/**
 * Encodes a value. `path` is its name in errors.
 *
 * @throws {TypeError} if a value has no encoding
 */
export function encode(value: unknown, path: string, more: EncodeMore = () => undefined): Encoded {
  const special = more(value, path)
  if (special !== undefined) return special
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
  if (value === undefined) return ['undefined']
  if (typeof value === 'number') return isJsonNumber(value) ? value : ['number', toText(value)]
  if (value instanceof Uint8Array) return ['bytes', ...value]
  if (Array.isArray(value))
    return ['array', ...value.map((one, i) => encode(one, `${path}.${i}`, more))]
  if (!isRecord(value)) throw new TypeError(`${path} cannot be sent to another process.`)
  const members = Object.entries(value).flatMap(([name, member]) => [
    name,
    encode(member, `${path}.${name}`, more),
  ])
  return ['object', ...members]
}

/** Decodes a value that was encoded by `encode`. */
export function decode(encoded: Encoded, more: DecodeMore = {}): unknown {
  if (typeof encoded !== 'object' || encoded === null) return encoded
  const [kind, ...rest] = encoded
  const parts = rest.map((part) => decode(part, more))
  switch (kind) {
    case 'undefined':
      return undefined
    case 'number':
      return Number(parts[0])
    case 'bytes':
      return Uint8Array.from(parts as number[])
    case 'array':
      return parts
    case 'object':
      return toRecord(parts)
    default:
      return more[kind]!(...parts)
  }
}

function isJsonNumber(value: number): boolean {
  return Number.isFinite(value) && !Object.is(value, -0)
}

function toText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function toRecord(namesAndMembers: readonly unknown[]): Record<string, unknown> {
  const entries = Array.from(
    { length: namesAndMembers.length / 2 },
    (_, i) => [namesAndMembers[2 * i] as string, namesAndMembers[2 * i + 1]] as const,
  )
  return Object.fromEntries(entries)
}
