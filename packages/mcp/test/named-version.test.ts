import type { RequestLike } from '@bearward/core'
import { describe, expect, it } from 'vitest'
import { findOlderVersion, namesModernVersion } from '../src/named-version.ts'

/** Returns a request with these lines of `MCP-Protocol-Version`. */
function withVersions(values: readonly string[]): RequestLike {
  const rawHeaders = values.flatMap((value) => ['MCP-Protocol-Version', value])
  return { method: 'POST', url: '/mcp', rawHeaders, headers: {} }
}

describe('the version that a request names', () => {
  it.each([
    [true, ['2026-07-28']],
    [true, ['2027-01-01']],
    [true, ['zzz']],
    [true, ['2025-11-25', '2026-07-28']],
    [false, ['2026-07-27']],
    [false, ['2025-11-25']],
    [false, ['']],
    [false, []],
  ])('namesModernVersion returns %s for the header lines %j', (expected, values) => {
    expect(namesModernVersion(withVersions(values))).toBe(expected)
  })

  it.each([
    ['2024-11-05', ['2024-11-05']],
    ['2025-11-25', ['2025-11-25']],
    ['2025-03-26', ['2025-11-25', '2025-03-26']],
    ['unknown', ['2025-11-26']],
    ['unknown', ['2026-07-28']],
    ['unknown', ['2025-11-25 <b>']],
    ['unknown', []],
  ])('findOlderVersion returns %s for the header lines %j', (expected, values) => {
    expect(findOlderVersion(withVersions(values))).toBe(expected)
  })
})
