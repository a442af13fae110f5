import { FRAMEWORKS } from '../frameworks.ts'
import { onBareHttp } from '../frameworks/on-bare-http.ts'
import { describeContract } from './run-contract.ts'

for (const framework of [...FRAMEWORKS, onBareHttp]) describeContract(framework)
