import { onBareHttp } from '../support/on-bare-http.ts'
import { describeContract } from './run-contract.ts'

describeContract(onBareHttp)
