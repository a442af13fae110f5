import { createResourceServer } from '@bearward/core'
import { expect, it } from 'vitest'
import { read } from '../repository/files.ts'
import { createTestIssuer } from '../support/issuer.ts'
import { generateKey } from '../support/keys.ts'
import { requestWith } from '../support/requests.ts'

it('the log line in docs/logging-and-metrics.md equals the line that the resource server writes', () => {
  const example = /```text\n(\[bearward\] refused[^`]*)```/.exec(
    read('docs/logging-and-metrics.md'),
  )![1]!
  const key = generateKey('ES256', 'k1')
  const issuer = 'https://kc.example.com/realms/shop'
  const lines: string[] = []
  const server = createResourceServer({
    issuer,
    audience: 'https://api.example.com',
    jwks: { keys: [key.jwk] },
    logger: { info: (line) => lines.push(line), warn: (line) => lines.push(line) },
  })
  const claims = { iss: issuer, aud: 'account', azp: 'reports-cron' }
  const token = createTestIssuer().token({ key, claims })
  const request = { ...requestWith(token), route: '/reports' }
  void server.authorize(request, { scope: 'read:reports' })
  expect(lines).toContain(example.trim().replaceAll('\n', ' '))
})
