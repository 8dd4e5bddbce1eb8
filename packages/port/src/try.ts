// x
import * as torch from '@nn/torch';
import { nn } from '@nn/torch';
import { keras } from '@nn/keras';
import { toKeras, toTorch } from './index.js';
class Net extends nn.Module {
  fc1 = new nn.Linear(10, 5);
  relu = new nn.Identity();
  fc2 = new nn.Linear(5, 2);
  w = new nn.Parameter(torch.ones([2]));
  forward(x: torch.Tensor) {
    return torch
      .softmax(this.fc2(torch.relu(this.relu(this.fc1(x)))), 1)
      .mul(this.w)
      .view(x.shape[0]!, -1);
  }
}
const net = new Net();
const m = toKeras(net, { inputShape: [10] });
m.summary();
const x = torch.randn([3, 10]);
console.log(net(x));
console.log(String(m(new keras.layers.Identity()(x.value as never) as never)));
