import { describe, expect, it } from 'vitest'
import { AUDIENCE } from '../../../test/support/issuer.ts'
import { ConfigurationError, resourceServerFromEnv } from '../src/index.ts'

describe('resourceServerFromEnv', () => {
  it('says what is wrong in the words of the environment', () => {
    const usual = { BEARWARD_ISSUER: 'http://as.example.com', BEARWARD_AUDIENCE: AUDIENCE }
    const wrong = { BEARWARD_CLOCK_TOLERANCE: '301', BEARWARD_JWT_PROFILE: 'JWT' }
    let error: unknown
    try {
      resourceServerFromEnv({ ...usual, ...wrong })
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(ConfigurationError)
    expect((error as ConfigurationError).problems).toEqual([
      expect.stringMatching(/^BEARWARD_ISSUER must be an https address/),
      "BEARWARD_JWT_PROFILE must be 'rfc9068'.",
      'BEARWARD_CLOCK_TOLERANCE must be a number of seconds from 0 to 300.',
    ])
  })
})
