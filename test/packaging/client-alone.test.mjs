import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { compile, RESOLUTIONS } from './compiler.mjs'
import { createProject, createTemporaryDirectory, evaluate, packAll } from './tarballs.mjs'

let directory
let project
let server
let requests = 0

before(async () => {
  directory = await createTemporaryDirectory()
  const tarballs = await packAll(directory.path)
  project = await createProject(
    join(directory.path, 'client-alone'),
    tarballs.core,
    tarballs.client,
  )
  const types = fileURLToPath(new URL('types/client.test-d.ts', import.meta.url))
  await cp(types, join(project, 'client.test-d.ts'))
  server = createServer((_request, response) => {
    requests++
    if (requests < 3) return void response.writeHead(503).end()
    response.setHeader('Content-Type', 'application/json')
    response.end(JSON.stringify({ access_token: 'a', token_type: 'bearer', expires_in: 600 }))
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
})
after(async () => {
  server.close()
  server.closeAllConnections()
  await directory.remove()
})

test('client: a program that only requests a token waits for its retries, then exits', async () => {
  const tokenEndpoint = `http://127.0.0.1:${server.address().port}/token`
  const program = `import { clientCredentials } from '@bearward/client'
    const clientAuthentication = { method: 'client_secret_basic', secret: 'secret' }
    const source = clientCredentials({
      tokenEndpoint: '${tokenEndpoint}', clientId: 'tool', clientAuthentication,
    })
    const { type, value } = await source.getToken()
    process.stdout.write(type + ' ' + value)`
  assert.equal(await evaluate(project, program), 'Bearer a')
  assert.equal(requests, 3)
})

for (const [name, resolution] of Object.entries(RESOLUTIONS)) {
  test(`client: types compile without @types/node (${name})`, async () => {
    const options = { ...resolution, lib: ['ES2022', 'DOM'], types: [], noEmit: true }
    assert.equal(await compile(project, ['client.test-d.ts'], options), '')
  })
}
