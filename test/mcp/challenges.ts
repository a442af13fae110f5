import { extractWWWAuthenticateParams as extractAsVersion2 } from '@modelcontextprotocol/client'
import { extractWWWAuthenticateParams as extractAsVersion1 } from '@modelcontextprotocol/sdk/client/auth.js'
import { expect } from 'vitest'
import { parseChallenges } from '../support/challenge-parser.ts'
import type { RawResponse } from '../support/servers.ts'

const PARSERS = [extractAsVersion1, extractAsVersion2]

/**
 * Parses the challenges of a response with a parser of the grammar. Checks that the parsers of the official clients read the same
 * values. Returns the parameters of the challenge for the scheme Bearer.
 */
export function checkChallenges(response: RawResponse): ReadonlyMap<string, string> {
  const lines = response.rawHeaders.filter(([name]) => name.toLowerCase() === 'www-authenticate')
  if (lines.length === 0) return new Map()
  const challenges = lines.flatMap(([, value]) => parseChallenges(value))
  const all = challenges.map(({ parameters }) => new Map(parameters))
  for (const parameters of all) expect(parameters.get('error_description') ?? '').not.toContain('=')
  // The clients read only responses whose first challenge has the scheme Bearer.
  expect(challenges[0]!.scheme).toBe('Bearer')
  const [bearer] = all as [Map<string, string>]
  const url = bearer.get('resource_metadata')
  const expected = {
    resourceMetadataUrl: url === undefined ? undefined : new URL(url),
    scope: bearer.get('scope') ?? all[1]?.get('scope'),
    // The clients search all challenges.
    error: bearer.get('error') ?? all[1]?.get('error'),
  }
  for (const parse of PARSERS) expect(parse(toWebResponse(response))).toMatchObject(expected)
  return bearer
}

function toWebResponse({ status, rawHeaders }: RawResponse): Response {
  return new Response(null, { status, headers: rawHeaders.map(([...line]) => line) })
}
