# PyTorch as a peer: answers the driver's lines of JSON as src/run/serve.ts does. Usage: python3 pytorch.py '{"threads": 1}'
import json
import math
import os
import resource
import statistics
import sys
import time

threads = json.loads(sys.argv[1])['threads']
for name in ('OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS'):
    os.environ[name] = str(threads)
if threads > 1:  # threads that spin while they wait would take the time of the other peers
    os.environ.setdefault('KMP_BLOCKTIME', '0')
    os.environ.setdefault('GOMP_SPINCOUNT', '0')

import numpy as np
import torch
from torch import nn
import torch.nn.functional as F

torch.set_num_threads(threads)


# --- the numbers, as in src/work/numbers.ts -------------------------------------------------------

def draw(n, seed):
    """n numbers from [0, 1) of the linear congruential generator, whole blocks at a time."""
    a, c, mask = np.uint64(1664525), np.uint64(1013904223), np.uint64(0xFFFFFFFF)
    block = min(4096, n)
    factors, terms = np.empty(block, np.uint64), np.empty(block, np.uint64)
    x, y = np.uint64(1), np.uint64(0)
    for i in range(block):
        x, y = (x * a) & mask, (y * a + c) & mask
        factors[i], terms[i] = x, y
    out, state = np.empty(n, np.uint64), np.uint64(seed)
    for i in range(0, n, block):
        k = min(block, n - i)
        out[i:i + k] = (factors[:k] * state + terms[:k]) & mask
        state = out[i + k - 1]
    return out / 4294967296.0


def uniform(shape, seed, scale=1.0):
    return torch.from_numpy(((draw(math.prod(shape), seed) * 2 - 1) * scale).astype(np.float32)).reshape(shape)


def weights(shape, seed, inputs):
    return uniform(shape, seed, 1 / math.sqrt(inputs))


def labels(n, classes, seed):
    return torch.from_numpy(np.floor(draw(n, seed) * classes).astype(np.int64))


def images(x):
    return x.permute(0, 3, 1, 2).contiguous()


def filters(w):
    return w.permute(3, 2, 0, 1).contiguous()


def digest(t):
    t = t.detach().flatten().double()
    rms = t.square().mean().sqrt().item()
    return [math.log(rms), t[0].item() / rms, t[-1].item() / rms, t.mean().item() / rms]


# --- cases: run() does the work once, check() gives the numbers that must agree -------------------

class Operation:
    def __init__(self, f):
        self.f, self.last = f, None

    def run(self):
        with torch.no_grad():
            self.last = self.f()

    def check(self):
        return digest(self.last)


class Training:
    def __init__(self, model, criterion, x, target):
        self.model, self.criterion, self.x, self.target, self.last = model, criterion, x, target, 0.0
        self.optimizer = torch.optim.Adam(model.parameters())

    def run(self):
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.criterion(self.model(self.x), self.target)
        loss.backward()
        self.optimizer.step()
        self.last = loss.item()

    def check(self):
        return [self.last]


def fill(layers, values):
    """Puts weights in place; those of linear layers come as [in, out]. Biases begin at zero."""
    with torch.no_grad():
        for layer, value in zip(layers, values):
            layer.weight.copy_(value.t() if isinstance(layer, nn.Linear) else value)
            if layer.bias is not None:
                layer.bias.zero_()


def dense(sizes, seed):
    return [weights((i, o), seed + k, i) for k, (i, o) in enumerate(zip(sizes, sizes[1:]))]


def mlp(sizes, batch):
    layers = [nn.Linear(i, o) for i, o in zip(sizes, sizes[1:])]
    fill(layers, dense(sizes, 10))
    modules = [m for layer in layers for m in (layer, nn.ReLU())][:-1]
    return Training(nn.Sequential(*modules), nn.CrossEntropyLoss(), uniform((batch, sizes[0]), 1),
                    labels(batch, sizes[-1], 2))


def lenet(batch):
    convolutions = [nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5)]
    linear = [nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)]
    first, *rest = dense([400, 120, 84, 10], 20)
    flat = first.reshape(5, 5, 16, 120).permute(2, 0, 1, 3).reshape(400, 120)
    fill(convolutions + linear,
         [filters(weights((5, 5, 1, 6), 10, 25)), filters(weights((5, 5, 6, 16), 11, 150)), flat, *rest])
    model = nn.Sequential(convolutions[0], nn.ReLU(), nn.MaxPool2d(2), convolutions[1], nn.ReLU(), nn.MaxPool2d(2),
                          nn.Flatten(), linear[0], nn.ReLU(), linear[1], nn.ReLU(), linear[2])
    return Training(model, nn.CrossEntropyLoss(), images(uniform((batch, 28, 28, 1), 1)), labels(batch, 10, 2))


class Block(nn.Module):
    def __init__(self, sizes, batch, index):
        super().__init__()
        width = sizes['width']
        self.batch, self.width, self.heads, self.length = batch, width, sizes['heads'], sizes['length']
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width, bias=False), nn.Linear(width, width, bias=False)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        seed = 100 + 4 * index
        fill([self.qkv, self.out, self.up, self.down],
             [weights((width, 3 * width), seed, width), weights((width, width), seed + 1, width),
              weights((width, 4 * width), seed + 2, width), weights((4 * width, width), seed + 3, 4 * width)])

    def forward(self, x):
        size = self.width // self.heads
        q, k, v = [t.reshape(self.batch, self.length, self.heads, size).transpose(1, 2)
                   for t in self.qkv(self.norm1(x)).chunk(3, 1)]
        attention = torch.softmax(q @ k.transpose(-1, -2) * size ** -0.5, -1)
        h = x + self.out((attention @ v).transpose(1, 2).reshape(self.batch * self.length, self.width))
        return h + self.down(F.gelu(self.up(self.norm2(h)), approximate='tanh'))


def transformer(sizes, batch):
    rows = (batch * sizes['length'], sizes['width'])
    model = nn.Sequential(*[Block(sizes, batch, i) for i in range(sizes['layers'])])
    return Training(model, nn.MSELoss(), uniform(rows, 1), uniform(rows, 2))


def train(task):
    model, batch = task['model'], task['batch']
    if model['name'] == 'mlp':
        return mlp(model['sizes'], batch)
    return lenet(batch) if model['name'] == 'lenet' else transformer(model, batch)


def matmul(task):
    n = task['n']
    a, b = uniform((n, n), 1), uniform((n, n), 2)
    forms = {'NN': lambda: a @ b, 'NT': lambda: a @ b.t(), 'TN': lambda: a.t() @ b}
    return Operation(forms[task['form']])


def conv(task):
    batch, size, channels, outputs, window = (task[k] for k in ('batch', 'size', 'channels', 'filters', 'window'))
    x = images(uniform((batch, size, size, channels), 1))
    groups = channels if task.get('depthwise') else 1
    w = filters(uniform((window, window, channels // groups, outputs), 2, 0.1))
    g = images(uniform((batch, size, size, outputs), 3))
    pad = (window - 1) // 2
    if task['part'] == 'forward':
        return Operation(lambda: F.conv2d(x, w, padding=pad, groups=groups))
    wanted = [task['part'] == 'input', task['part'] == 'weight', False]
    which = 0 if wanted[0] else 1
    return Operation(lambda: torch.ops.aten.convolution_backward(
        g, x, w, None, [1, 1], [pad, pad], [1, 1], False, [0, 0], groups, wanted)[which])


def host(task):
    n, calls = task['n'], task['calls']
    a, b = uniform((n, n), 1), uniform((n, n), 2)
    f = {'add': torch.add, 'mul': torch.mul, 'matmul': torch.matmul}[task['op']]

    def repeat():
        for _ in range(calls):
            y = f(a, b)
        return y
    return Operation(repeat)


def softmax(task):
    x = uniform((task['rows'], task['columns']), 1, 4)
    return Operation(lambda: torch.softmax(x, 1))


def layernorm(task):
    columns = task['columns']
    x, weight, bias = uniform((task['rows'], columns), 1), uniform((columns,), 2), uniform((columns,), 3)
    return Operation(lambda: F.layer_norm(x, (columns,), weight, bias))


def total(task):
    x = uniform((task['rows'], task['columns']), 1)
    return Operation(lambda: x.sum(task['axis']))


def chain(task):
    x = uniform((task['n'],), 1)
    return Operation(lambda: torch.tanh(x * 1.3 + 0.1) * 0.7 + x)


kinds = {'matmul': matmul, 'conv': conv, 'softmax': softmax, 'layernorm': layernorm, 'sum': total, 'chain': chain,
         'host': host, 'train': train}


# --- the stopwatch, as in src/measure/sample.ts ---------------------------------------------------

clock = lambda: time.perf_counter() * 1000
batch_ms, warm_ms, warm_runs, slow_ms, most_runs = 0.05, 300, 400, 2000, 1 << 16


def timed(case, count):
    began = clock()
    for _ in range(count):
        case.run()
    return clock() - began


def warm(case):
    first = timed(case, 1)
    check = case.check()
    second = timed(case, 1)
    check = check + case.check()
    runs, until = 0, clock() + warm_ms - second
    if second < slow_ms:
        while runs < warm_runs and clock() < until:
            case.run()
            runs += 1
    return first, check


current = {}


def answer(request):
    if request['ask'] != 'time':
        return {'unsupported': True}
    key, news = json.dumps(request['task']), {}
    if current.get('key') != key:
        current.clear()
        case = kinds[request['task']['kind']](request['task'])
        first, check = warm(case)
        current.update(key=key, case=case, count=1)
        news = {'first': first, 'check': check}
    times, until = [], clock() + request['ms']
    while not times or clock() < until:
        took = timed(current['case'], current['count'])
        if took < batch_ms and current['count'] < most_runs:  # too short to tell
            current['count'] *= 2
        else:
            times.append(took / current['count'])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == 'darwin' else 1024)
    return {'median': statistics.median(times), 'best': min(times), 'runs': len(times) * current['count'],
            'peak': peak, **news}


def say(value):
    print(json.dumps(value), flush=True)


say({'ready': True, 'versions': {'pytorch': torch.__version__, 'python': sys.version.split()[0]}})
for line in sys.stdin:
    try:
        say(answer(json.loads(line)))
    except Exception as error:
        say({'error': f'{type(error).__name__}: {error}'[:300]})
