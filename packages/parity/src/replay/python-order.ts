// Python's order of arguments where PyTorch takes by place what is an option here.

const convolution = 'in_channels out_channels kernel_size stride padding dilation groups bias padding_mode';
const transposed =
  'in_channels out_channels kernel_size stride padding output_padding groups bias dilation padding_mode';
const maximum = 'kernel_size stride padding dilation return_indices ceil_mode';
const average = 'kernel_size stride padding ceil_mode count_include_pad divisor_override';
const norm = 'num_features eps momentum affine track_running_stats';
const transformer = 'd_model nhead dim_feedforward dropout activation layer_norm_eps batch_first norm_first bias';

/** By the Python name below `torch.`; a number of dimensions stands as N. */
const orders: Readonly<Record<string, string>> = {
  'nn.Linear': 'in_features out_features bias',
  'nn.ConvNd': convolution,
  'nn.ConvTransposeNd': transposed,
  'nn.MaxPoolNd': maximum,
  'nn.AvgPoolNd': average,
  'nn.BatchNormNd': norm,
  'nn.LayerNorm': 'normalized_shape eps elementwise_affine bias',
  'nn.GroupNorm': 'num_groups num_channels eps affine',
  'nn.Embedding': 'num_embeddings embedding_dim padding_idx max_norm norm_type scale_grad_by_freq sparse',
  'nn.MultiheadAttention': 'embed_dim num_heads dropout bias add_bias_kv add_zero_attn kdim vdim batch_first',
  'nn.TransformerEncoderLayer': transformer,
  'nn.TransformerDecoderLayer': transformer,
  'nn.Flatten': 'start_dim end_dim',
};

/** The names of the positional arguments of `nn.Conv2d` and the like, as far as they are needed. */
export function pythonOrder(path: string): readonly string[] {
  return orders[path.replace(/(?<=[a-z])[123]d$/, 'Nd')]?.split(' ') ?? [];
}
