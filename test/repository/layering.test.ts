import { posix } from 'node:path'
import { describe, expect, it } from 'vitest'
import { filesBelow, importsOf, read } from './files.ts'

/**
 * The core from top to bottom: what is public, what puts the parts together, the way of a request step
 * by step, and the ground that all of it stands on. What stands in one line may call what stands in a
 * line below it, and never the other way round. Types are no calls: they come down with the data.
 */
const LAYERS = [
  ['index', 'for-clients'],
  ['stand-alone'],
  ['resource-server'],
  ['freshness'],
  ['verify-token'],
  ['options'],
  ['verdicts'],

  ['credentials'],
  ['issuers'],
  ['introspection'],
  ['jwt'],
  ['keys'],
  ['authorization-server'],
  ['signature'],
  ['binding'],
  ['token'],
  ['requirements'],
  ['subject'],
  ['outcome'],

  ['events'],
  ['encoding'],
  ['decisions'],
  ['problems'],
  ['request', 'errors', 'limits', 'clock', 'maybe-promise', 'once-per', 'single-flight'],
  ['deep-freeze'],
]

/** Where the names lead that the manifest resolves by runtime. */
const BY_RUNTIME: Record<string, string> = {
  '#base64url': 'encoding',
  '#sha256': 'encoding',
  '#signature-engine': 'signature',
  '#diagnostics-channel': 'events',
}

const SOURCES = 'packages/core/src'
const partOf = (path: string) => posix.relative(SOURCES, path).split('/')[0]!.replace(/\.ts$/, '')
const depthOf = (part: string) => LAYERS.findIndex((layer) => layer.includes(part))

/** Every call from one part of the core to another. */
const calls = filesBelow(SOURCES).flatMap((path) =>
  importsOf(read(path))
    .filter(({ specifier, typesOnly }) => !typesOnly && /^[.#]/.test(specifier))
    .map(({ specifier }) => ({
      description: `${posix.relative(SOURCES, path)} calls ${specifier}`,
      from: partOf(path),
      to: BY_RUNTIME[specifier] ?? partOf(posix.join(posix.dirname(path), specifier)),
    })),
)

describe('the layers of the core', () => {
  it('hold every part, once', () => {
    const parts = new Set(filesBelow(SOURCES).map(partOf))
    expect(LAYERS.flat().sort()).toEqual([...parts].sort())
  })

  it('call downwards only', () => {
    const upwards = calls.filter(({ from, to }) => from !== to && depthOf(from) >= depthOf(to))
    expect(upwards.map(({ description }) => description)).toEqual([])
    expect(calls.length).toBeGreaterThan(50)
  })
})
