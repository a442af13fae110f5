import type { RequestLike } from '@bearward/core'
import { headerValues } from '@bearward/core/internal-guards'
import { MODERN_VERSION, OLDER_VERSIONS } from './protocol.ts'

/** Returns whether `MCP-Protocol-Version` of a request names `MODERN_VERSION` or later. */
export function namesModernVersion(request: RequestLike): boolean {
  return getNames(request).some((name) => name >= MODERN_VERSION)
}

/**
 * Returns the older version that `MCP-Protocol-Version` of a request names. Returns `unknown` for every other text, so that a
 * response does not repeat a text of the request.
 */
export function findOlderVersion(request: RequestLike): string {
  const names = getNames(request)
  return OLDER_VERSIONS.find((version) => names.includes(version)) ?? 'unknown'
}

function getNames(request: RequestLike): readonly string[] {
  return headerValues(request, 'mcp-protocol-version')
}
