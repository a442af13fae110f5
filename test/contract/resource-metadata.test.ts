import { expect, it } from 'vitest'
import { FRAMEWORKS } from '../frameworks.ts'
import { onBareHttp } from '../frameworks/on-bare-http.ts'
import { sendRaw } from '../support/servers.ts'
import { CONFIGURATIONS } from './configurations.ts'
import { describeMetadata } from './run-resource-metadata.ts'

for (const framework of [...FRAMEWORKS, onBareHttp]) describeMetadata(framework)

it('9728-14: the challenge of an API without metadata contains no address', async () => {
  const { metadata: _, ...withoutMetadata } = CONFIGURATIONS['a resource']()
  const server = await onBareHttp.start({
    options: withoutMetadata,
    routes: [{ requirements: {}, handle: async () => ({}) }],
    maxHeaderSize: 16_384,
  })
  const response = await sendRaw(
    server.port,
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  )
  await server.close()
  expect(response.header('WWW-Authenticate')).toBe('Bearer realm="api"')
})
