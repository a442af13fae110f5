import { expect, it } from 'vitest'
import { splitToken } from '../src/micro/profile.ts'

it('what Node does counts for whom it is done, and what the engine does for the engine', () => {
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
    node('verify', 'file:///packages/core/dist/jwt/verify-jwt.js', 7, 8),
    node('utf8Slice', ''),
    node('RegExp: .', ''),
    node('(garbage collector)', ''),
  ]
  const parts = splitToken({
    nodes,
    startTime: 0,
    endTime: 0,
    samples: nodes.map((each) => each.id),
    timeDeltas: [0, 10, 1, 2, 4, 20, 30, 3, 30],
  })
  expect(parts).toEqual({
    'the engine itself': 0.1,
    'the benchmark itself': 0.07,
    'jwt/verify-jwt': 0.23,
    'Node: buffers, texts, JSON': 0.3,
    'garbage collector': 0.3,
  })
})
