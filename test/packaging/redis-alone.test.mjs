import assert from 'node:assert/strict'
import { cp, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { compile, RESOLUTIONS } from './compiler.mjs'
import { createProject, createTemporaryDirectory, evaluate, packAll } from './tarballs.mjs'

let directory
let project

before(async () => {
  directory = await createTemporaryDirectory()
  const tarballs = await packAll(directory.path)
  project = await createProject(join(directory.path, 'redis-alone'), tarballs.core, tarballs.redis)
  const types = fileURLToPath(new URL('types/redis.test-d.ts', import.meta.url))
  await cp(types, join(project, 'redis.test-d.ts'))
})
after(() => directory.remove())

test('redis: redisReplay detects a replay, and the package installs no Redis client', async () => {
  const program = `import { fromIoredis, redisReplay } from '@bearward/redis'
    const values = new Map()
    const client = {
      async call(command, [key, value]) {
        if (command === 'config') return ['maxmemory-policy', 'noeviction']
        const earlier = values.get(key) ?? null
        if (earlier === null) values.set(key, value)
        return earlier
      },
    }
    const store = redisReplay({ send: fromIoredis(client) })
    const proof = { id: 'a', key: 'k', ttl: 1000 }
    const uses = [await store.firstUse(proof), await store.firstUse(proof)]
    process.stdout.write([...uses, store.configuration()].join())`
  assert.equal(await evaluate(project, program), 'true,false,verified')
  const installed = await readdir(join(project, 'node_modules'))
  assert.deepEqual(
    installed.filter((name) => /redis|valkey|glide/.test(name)),
    [],
  )
})

for (const [name, resolution] of Object.entries(RESOLUTIONS)) {
  test(`redis: types compile without @types/node and without a Redis client (${name})`, async () => {
    const options = { ...resolution, lib: ['ES2022', 'DOM'], types: [], noEmit: true }
    assert.equal(await compile(project, ['redis.test-d.ts'], options), '')
  })
}
