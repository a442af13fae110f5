import { expect, it } from 'vitest'
import { toProfile } from '../src/micro/profile.ts'

it('toProfile assigns functions of Node to the code that calls them, and V8 itself to the engine', () => {
  let id = 0
  const node = (functionName: string, url: string, ...children: number[]) => ({
    id: ++id,
    callFrame: { functionName, url, scriptId: '', lineNumber: 0, columnNumber: 0 },
    children,
  })
  const nodes = [
    node('(root)', '', 2, 3, 6, 9),
    node('(program)', ''),
    node('header', 'file:///bench/dist/token-pool.js', 4),
    node('toString', 'node:buffer', 5),
    node('latin1Slice', ''),
    node('verify', 'file:///packages/core/dist/index.js', 7, 8),
    node('utf8Slice', ''),
    node('RegExp: .', ''),
    node('(garbage collector)', ''),
  ]
  const recorded = {
    nodes,
    startTime: 0,
    endTime: 0,
    samples: nodes.map((each) => each.id),
    timeDeltas: [0, 10, 1, 2, 4, 20, 30, 3, 30],
  }
  const profile = toProfile(recorded, ({ url }) =>
    url.includes('/core/') ? 'jwt/verify-jwt' : undefined,
  )
  expect(profile).toEqual({
    'the engine itself': 0.1,
    'the benchmark itself': 0.07,
    'jwt/verify-jwt': 0.23,
    'Node: buffers, strings, JSON': 0.3,
    'garbage collector': 0.3,
  })
})
