"""What ONNX 1.23.2 says of every operator: data for `auditor.model.schemas`, which explains it.

Generated: ``python -m tests.make_schemas`` writes this file anew, and a test compares.
"""

# ruff: noqa: E501
# fmt: off

NEWEST = {"": 28, "ai.onnx.ml": 5, "ai.onnx.preview": 1, "ai.onnx.preview.training": 1}

OPERATORS = {
"": """\
Abs|1|1 1|1 1|X:c02|Y:c02|consumed_inputs:ints
Abs|6|1 1|1 1|X:3cfe|Y:3cfe|
Abs|13|1 1|1 1|X:13cfe|Y:13cfe|
Acos|7|1 1|1 1|input:c02|output:c02|
Acos|22|1 1|1 1|input:10c02|output:10c02|
Acosh|9|1 1|1 1|input:c02|output:c02|
Acosh|22|1 1|1 1|input:10c02|output:10c02|
Add|1|2 2|1 1|A:c02 B:c02|C:c02|axis:int broadcast:int=0 consumed_inputs:ints
Add|6|2 2|1 1|A:3cc2 B:3cc2|C:3cc2|axis:int broadcast:int=0
Add|7|2 2|1 1|A:3cc2 B:3cc2|C:3cc2|
Add|13|2 2|1 1|A:13cc2 B:13cc2|C:13cc2|
Add|14|2 2|1 1|A:13cfe B:13cfe|C:13cfe|
AffineGrid|20|2 2|1 1|theta:10c02 size:80|grid:10c02|align_corners:int=0
And|1|2 2|1 1|A:200 B:200|C:200|axis:int broadcast:int=0
And|7|2 2|1 1|A:200 B:200|C:200|
ArgMax|1|1 1|1 1|data:3cfe|reduced:80|axis:int=0 keepdims:int=1
ArgMax|11|1 1|1 1|data:3cfe|reduced:80|axis:int=0 keepdims:int=1
ArgMax|12|1 1|1 1|data:3cfe|reduced:80|axis:int=0 keepdims:int=1 select_last_index:int=0
ArgMax|13|1 1|1 1|data:13cfe|reduced:80|axis:int=0 keepdims:int=1 select_last_index:int=0
ArgMin|1|1 1|1 1|data:3cfe|reduced:80|axis:int=0 keepdims:int=1
ArgMin|11|1 1|1 1|data:3cfe|reduced:80|axis:int=0 keepdims:int=1
ArgMin|12|1 1|1 1|data:3cfe|reduced:80|axis:int=0 keepdims:int=1 select_last_index:int=0
ArgMin|13|1 1|1 1|data:13cfe|reduced:80|axis:int=0 keepdims:int=1 select_last_index:int=0
Asin|7|1 1|1 1|input:c02|output:c02|
Asin|22|1 1|1 1|input:10c02|output:10c02|
Asinh|9|1 1|1 1|input:c02|output:c02|
Asinh|22|1 1|1 1|input:10c02|output:10c02|
Atan|7|1 1|1 1|input:c02|output:c02|
Atan|22|1 1|1 1|input:10c02|output:10c02|
Atanh|9|1 1|1 1|input:c02|output:c02|
Atanh|22|1 1|1 1|input:10c02|output:10c02|
Attention|23|3 6|1 4|Q:10c02 K:10c02 V:10c02 attn_mask?:13efe past_key?:10c02 past_value?:10c02|Y:10c02 present_key?:10c02 present_value?:10c02 qk_matmul_output?:10c02|is_causal:int=0 kv_num_heads:int q_num_heads:int qk_matmul_output_mode:int=0 scale:float softcap:float=0.0 softmax_precision:int
Attention|24|3 7|1 4|Q:10c02 K:10c02 V:10c02 attn_mask?:13efe past_key?:10c02 past_value?:10c02 nonpad_kv_seqlen?:80|Y:10c02 present_key?:10c02 present_value?:10c02 qk_matmul_output?:10c02|is_causal:int=0 kv_num_heads:int q_num_heads:int qk_matmul_output_mode:int=0 scale:float softcap:float=0.0 softmax_precision:int
Attention|25|3 7|1 4|Q:10c02 K:10c02 V:10c02 attn_mask?:13efe past_key?:10c02 past_value?:10c02 nonpad_kv_seqlen?:80|Y:10c02 present_key?:10c02 present_value?:10c02 qk_matmul_output?:10c02|is_causal:int=0 kv_num_heads:int left_window_size:int=-1 q_num_heads:int qk_matmul_output_mode:int=0 right_window_size:int=-1 scale:float softcap:float=0.0 softmax_precision:int
AveragePool|1|1 1|1 1|X:c02|Y:c02|auto_pad:string="NOTSET" kernel_shape:ints! pads:ints strides:ints
AveragePool|7|1 1|1 1|X:c02|Y:c02|auto_pad:string="NOTSET" count_include_pad:int=0 kernel_shape:ints! pads:ints strides:ints
AveragePool|10|1 1|1 1|X:c02|Y:c02|auto_pad:string="NOTSET" ceil_mode:int=0 count_include_pad:int=0 kernel_shape:ints! pads:ints strides:ints
AveragePool|11|1 1|1 1|X:c02|Y:c02|auto_pad:string="NOTSET" ceil_mode:int=0 count_include_pad:int=0 kernel_shape:ints! pads:ints strides:ints
AveragePool|19|1 1|1 1|X:c02|Y:c02|auto_pad:string="NOTSET" ceil_mode:int=0 count_include_pad:int=0 dilations:ints kernel_shape:ints! pads:ints strides:ints
AveragePool|22|1 1|1 1|X:10c02|Y:10c02|auto_pad:string="NOTSET" ceil_mode:int=0 count_include_pad:int=0 dilations:ints kernel_shape:ints! pads:ints strides:ints
BatchNormalization|1|5 5|1 5|X:c02 scale:c02 B:c02 mean:c02 var:c02|Y:c02 mean?:c02 var?:c02 saved_mean?:c02 saved_var?:c02|consumed_inputs:ints! epsilon:float=9.999999747378752e-06 is_test:int=0 momentum:float=0.8999999761581421 spatial:int=1
BatchNormalization|6|5 5|1 5|X:c02 scale:c02 B:c02 mean:c02 var:c02|Y:c02 mean?:c02 var?:c02 saved_mean?:c02 saved_var?:c02|epsilon:float=9.999999747378752e-06 is_test:int=0 momentum:float=0.8999999761581421 spatial:int=1
BatchNormalization|7|5 5|1 5|X:c02 scale:c02 B:c02 mean:c02 var:c02|Y:c02 mean?:c02 var?:c02 saved_mean?:c02 saved_var?:c02|epsilon:float=9.999999747378752e-06 momentum:float=0.8999999761581421 spatial:int=1
BatchNormalization|9|5 5|1 5|X:c02 scale:c02 B:c02 mean:c02 var:c02|Y:c02 mean?:c02 var?:c02 saved_mean?:c02 saved_var?:c02|epsilon:float=9.999999747378752e-06 momentum:float=0.8999999761581421
BatchNormalization|14|5 5|1 3|X:10c02 scale:10c02 B:10c02 input_mean:10c02 input_var:10c02|Y:10c02 running_mean?:10c02 running_var?:10c02|epsilon:float=9.999999747378752e-06 momentum:float=0.8999999761581421 training_mode:int=0
BatchNormalization|15|5 5|1 3|X:10c02 scale:10c02 B:10c02 input_mean:10c02 input_var:10c02|Y:10c02 running_mean?:10c02 running_var?:10c02|epsilon:float=9.999999747378752e-06 momentum:float=0.8999999761581421 training_mode:int=0
Bernoulli|15|1 1|1 1|input:c02|output:13efe|dtype:int seed:float
Bernoulli|22|1 1|1 1|input:10c02|output:13efe|dtype:int seed:float
BitCast|26|1 1|1 1|input:7fffefe|output:7fffefe|to:int!
BitShift|11|2 2|1 1|X:3014 Y:3014|Z:3014|direction:string!
BitShift|28|2 2|1 1|X:30fc Y:30fc|Z:30fc|direction:string!
BitwiseAnd|18|2 2|1 1|A:30fc B:30fc|C:30fc|
BitwiseNot|18|1 1|1 1|X:30fc|Y:30fc|
BitwiseOr|18|2 2|1 1|A:30fc B:30fc|C:30fc|
BitwiseXor|18|2 2|1 1|A:30fc B:30fc|C:30fc|
BlackmanWindow|17|1 1|1 1|size:c0|output:13cfe|output_datatype:int=1 periodic:int=1
Cast|1|1 1|1 1|input:3efe|output:3efe|to:string!
Cast|6|1 1|1 1|input:3efe|output:3efe|to:int!
Cast|9|1 1|1 1|input:3ffe|output:3ffe|to:int!
Cast|13|1 1|1 1|input:13ffe|output:13ffe|to:int!
Cast|19|1 1|1 1|input:1f3ffe|output:1f3ffe|saturate:int=1 to:int!
Cast|21|1 1|1 1|input:7f3ffe|output:7f3ffe|saturate:int=1 to:int!
Cast|23|1 1|1 1|input:ff3ffe|output:ff3ffe|saturate:int=1 to:int!
Cast|24|1 1|1 1|input:1ff3ffe|output:1ff3ffe|round_mode:string="up" saturate:int=1 to:int!
Cast|25|1 1|1 1|input:7ff3ffe|output:7ff3ffe|round_mode:string="up" saturate:int=1 to:int!
Cast|28|1 1|1 1|input:1fff3ffe|output:1fff3ffe|round_mode:string="up" saturate:int=1 to:int!
CastLike|15|2 2|1 1|input:13ffe target_type:13ffe|output:13ffe|
CastLike|19|2 2|1 1|input:1f3ffe target_type:1f3ffe|output:1f3ffe|saturate:int=1
CastLike|21|2 2|1 1|input:7f3ffe target_type:7f3ffe|output:7f3ffe|saturate:int=1
CastLike|23|2 2|1 1|input:ff3ffe target_type:ff3ffe|output:ff3ffe|saturate:int=1
CastLike|24|2 2|1 1|input:1ff3ffe target_type:1ff3ffe|output:1ff3ffe|round_mode:string="up" saturate:int=1
CastLike|25|2 2|1 1|input:7ff3ffe target_type:7ff3ffe|output:7ff3ffe|round_mode:string="up" saturate:int=1
CausalConvWithState|27|2 4|2 2|input:10402 weight:10402 bias?:10402 past_state?:10402|output:10402 present_state:10402|activation:string="none"
Ceil|1|1 1|1 1|X:c02|Y:c02|consumed_inputs:ints
Ceil|6|1 1|1 1|X:c02|Y:c02|
Ceil|13|1 1|1 1|X:10c02|Y:10c02|
Celu|12|1 1|1 1|X:2|Y:2|alpha:float=1.0
Celu|28|1 1|1 1|X:10c02|Y:10c02|alpha:float=1.0
CenterCropPad|18|2 2|1 1|input_data:1fffe shape:c0|output_data:1fffe|axes:ints
Clip|1|1 1|1 1|input:c02|output:c02|consumed_inputs:ints max:float min:float
Clip|6|1 1|1 1|input:c02|output:c02|max:float=3.4028234663852886e+38 min:float=-3.4028234663852886e+38
Clip|11|1 3|1 1|input:c02 min?:c02 max?:c02|output:c02|
Clip|12|1 3|1 1|input:3cfe min?:3cfe max?:3cfe|output:3cfe|
Clip|13|1 3|1 1|input:13cfe min?:13cfe max?:13cfe|output:13cfe|
Col2Im|18|3 3|1 1|input:1fffe image_shape:80 block_shape:80|output:1fffe|dilations:ints pads:ints strides:ints
Compress|9|2 2|1 1|input:fffe condition:200|output:fffe|axis:int
Compress|11|2 2|1 1|input:fffe condition:200|output:fffe|axis:int
Compress|28|2 2|1 1|input:1fffe condition:200|output:1fffe|axis:int
Concat|1|1 *|1 1|inputs*:c02|concat_result:c02|axis:int
Concat|4|1 *|1 1|inputs*:fffe|concat_result:fffe|axis:int!
Concat|11|1 *|1 1|inputs*:fffe|concat_result:fffe|axis:int!
Concat|13|1 *|1 1|inputs*:1fffe|concat_result:1fffe|axis:int!
ConcatFromSequence|11|1 1|1 1|input_sequence:1|concat_result:fffe|axis:int! new_axis:int=0
Constant|1|0 0|1 1||output:c02|value:tensor!
Constant|9|0 0|1 1||output:fffe|value:tensor!
Constant|11|0 0|1 1||output:fffe|sparse_value:sparse_tensor value:tensor
Constant|12|0 0|1 1||output:fffe|sparse_value:sparse_tensor value:tensor value_float:float value_floats:floats value_int:int value_ints:ints value_string:string value_strings:strings
Constant|13|0 0|1 1||output:1fffe|sparse_value:sparse_tensor value:tensor value_float:float value_floats:floats value_int:int value_ints:ints value_string:string value_strings:strings
Constant|19|0 0|1 1||output:1ffffe|sparse_value:sparse_tensor value:tensor value_float:float value_floats:floats value_int:int value_ints:ints value_string:string value_strings:strings
Constant|21|0 0|1 1||output:7ffffe|sparse_value:sparse_tensor value:tensor value_float:float value_floats:floats value_int:int value_ints:ints value_string:string value_strings:strings
Constant|23|0 0|1 1||output:fffffe|sparse_value:sparse_tensor value:tensor value_float:float value_floats:floats value_int:int value_ints:ints value_string:string value_strings:strings
Constant|24|0 0|1 1||output:1fffffe|sparse_value:sparse_tensor value:tensor value_float:float value_floats:floats value_int:int value_ints:ints value_string:string value_strings:strings
Constant|25|0 0|1 1||output:7fffffe|sparse_value:sparse_tensor value:tensor value_float:float value_floats:floats value_int:int value_ints:ints value_string:string value_strings:strings
ConstantOfShape|9|1 1|1 1|input:80|output:3efe|value:tensor
ConstantOfShape|20|1 1|1 1|input:80|output:1f3efe|value:tensor
ConstantOfShape|21|1 1|1 1|input:80|output:7f3efe|value:tensor
ConstantOfShape|23|1 1|1 1|input:80|output:ff3efe|value:tensor
ConstantOfShape|24|1 1|1 1|input:80|output:1ff3efe|value:tensor
ConstantOfShape|25|1 1|1 1|input:80|output:7ff3efe|value:tensor
Conv|1|2 3|1 1|X:c02 W:c02 B?:c02|Y:c02|auto_pad:string="NOTSET" dilations:ints group:int=1 kernel_shape:ints pads:ints strides:ints
Conv|11|2 3|1 1|X:c02 W:c02 B?:c02|Y:c02|auto_pad:string="NOTSET" dilations:ints group:int=1 kernel_shape:ints pads:ints strides:ints
Conv|22|2 3|1 1|X:10c02 W:10c02 B?:10c02|Y:10c02|auto_pad:string="NOTSET" dilations:ints group:int=1 kernel_shape:ints pads:ints strides:ints
ConvInteger|10|2 4|1 1|x:c w:c x_zero_point?:c w_zero_point?:c|y:40|auto_pad:string="NOTSET" dilations:ints group:int=1 kernel_shape:ints pads:ints strides:ints
ConvTranspose|1|2 3|1 1|X:c02 W:c02 B?:c02|Y:c02|auto_pad:string="NOTSET" dilations:ints group:int=1 kernel_shape:ints output_padding:ints output_shape:ints pads:ints strides:ints
ConvTranspose|11|2 3|1 1|X:c02 W:c02 B?:c02|Y:c02|auto_pad:string="NOTSET" dilations:ints group:int=1 kernel_shape:ints output_padding:ints output_shape:ints pads:ints strides:ints
ConvTranspose|22|2 3|1 1|X:10c02 W:10c02 B?:10c02|Y:10c02|auto_pad:string="NOTSET" dilations:ints group:int=1 kernel_shape:ints output_padding:ints output_shape:ints pads:ints strides:ints
Cos|7|1 1|1 1|input:c02|output:c02|
Cos|22|1 1|1 1|input:10c02|output:10c02|
Cosh|9|1 1|1 1|input:c02|output:c02|
Cosh|22|1 1|1 1|input:10c02|output:10c02|
CumProd|26|2 2|1 1|x:13cc2 axis:c0|y:13cc2|exclusive:int=0 reverse:int=0
CumSum|11|2 2|1 1|x:38c2 axis:c0|y:38c2|exclusive:int=0 reverse:int=0
CumSum|14|2 2|1 1|x:13cc2 axis:c0|y:13cc2|exclusive:int=0 reverse:int=0
DFT|17|1 2|1 1|input:10c02 dft_length?:c0|output:10c02|axis:int=1 inverse:int=0 onesided:int=0
DFT|20|1 3|1 1|input:10c02 dft_length?:c0 axis?:80|output:10c02|inverse:int=0 onesided:int=0
DeformConv|19|3 5|1 1|X:c02 W:c02 offset:c02 B?:c02 mask?:c02|Y:c02|dilations:ints group:int=1 kernel_shape:ints offset_group:int=1 pads:ints strides:ints
DeformConv|22|3 5|1 1|X:10c02 W:10c02 offset:10c02 B?:10c02 mask?:10c02|Y:10c02|dilations:ints group:int=1 kernel_shape:ints offset_group:int=1 pads:ints strides:ints
DepthToSpace|1|1 1|1 1|input:fffe|output:fffe|blocksize:int!
DepthToSpace|11|1 1|1 1|input:fffe|output:fffe|blocksize:int! mode:string="DCR"
DepthToSpace|13|1 1|1 1|input:1fffe|output:1fffe|blocksize:int! mode:string="DCR"
DepthToSpace|28|1 1|1 1|input:1fffe|output:1fffe|blocksize:int! mode:string="DCR"
DequantizeLinear|10|2 3|1 1|x:4c x_scale:2 x_zero_point?:4c|y:2|
DequantizeLinear|13|2 3|1 1|x:4c x_scale:2 x_zero_point?:4c|y:2|axis:int=1
DequantizeLinear|19|2 3|1 1|x:1e004c x_scale:10402 x_zero_point?:1e004c|y:10402|axis:int=1
DequantizeLinear|21|2 3|1 1|x:7e007c x_scale:10402 x_zero_point?:7e007c|y:10402|axis:int=1 block_size:int=0
DequantizeLinear|23|2 3|1 1|x:fe007c x_scale:10402 x_zero_point?:fe007c|y:10402|axis:int=1 block_size:int=0 output_dtype:int=0
DequantizeLinear|24|2 3|1 1|x:fe007c x_scale:1010402 x_zero_point?:fe007c|y:10402|axis:int=1 block_size:int=0 output_dtype:int=0
DequantizeLinear|25|2 3|1 1|x:6fe007c x_scale:1010402 x_zero_point?:6fe007c|y:10402|axis:int=1 block_size:int=0 output_dtype:int=0
DequantizeLinear|28|2 3|1 1|x:1efe007c x_scale:1010402 x_zero_point?:1efe007c|y:10402|axis:int=1 block_size:int=0 output_dtype:int=0
Det|11|1 1|1 1|X:c02|Y:c02|
Det|22|1 1|1 1|X:10c02|Y:10c02|
Div|1|2 2|1 1|A:c02 B:c02|C:c02|axis:int broadcast:int=0 consumed_inputs:ints
Div|6|2 2|1 1|A:3cc2 B:3cc2|C:3cc2|axis:int broadcast:int=0
Div|7|2 2|1 1|A:3cc2 B:3cc2|C:3cc2|
Div|13|2 2|1 1|A:13cc2 B:13cc2|C:13cc2|
Div|14|2 2|1 1|A:13cfe B:13cfe|C:13cfe|
Dropout|1|1 1|1 2|data:c02|output:c02 mask?:c02|consumed_inputs:ints is_test:int=0 ratio:float=0.5
Dropout|6|1 1|1 2|data:c02|output:c02 mask?:c02|is_test:int=0 ratio:float=0.5
Dropout|7|1 1|1 2|data:c02|output:c02 mask?:c02|ratio:float=0.5
Dropout|10|1 1|1 2|data:c02|output:c02 mask?:200|ratio:float=0.5
Dropout|12|1 3|1 2|data:c02 ratio?:c02 training_mode?:200|output:c02 mask?:200|seed:int
Dropout|13|1 3|1 2|data:10c02 ratio?:c02 training_mode?:200|output:10c02 mask?:200|seed:int
Dropout|22|1 3|1 2|data:1f0c02 ratio?:1f0c02 training_mode?:200|output:1f0c02 mask?:200|seed:int
DynamicQuantizeLinear|11|1 1|3 3|x:2|y:4 y_scale:2 y_zero_point:4|
Einsum|12|1 *|1 1|Inputs*:3cfe|Output:3cfe|equation:string!
Einsum|28|1 *|1 1|Inputs*:13cfe|Output:13cfe|equation:string!
Elu|1|1 1|1 1|X:c02|Y:c02|alpha:float=1.0 consumed_inputs:ints
Elu|6|1 1|1 1|X:c02|Y:c02|alpha:float=1.0
Elu|22|1 1|1 1|X:10c02|Y:10c02|alpha:float=1.0
Equal|1|2 2|1 1|A:2c0 B:2c0|C:200|axis:int broadcast:int=0
Equal|7|2 2|1 1|A:2c0 B:2c0|C:200|
Equal|11|2 2|1 1|A:3efe B:3efe|C:200|
Equal|13|2 2|1 1|A:13efe B:13efe|C:200|
Equal|19|2 2|1 1|A:13ffe B:13ffe|C:200|
Erf|9|1 1|1 1|input:3cfe|output:3cfe|
Erf|13|1 1|1 1|input:10c02|output:10c02|
Exp|1|1 1|1 1|input:c02|output:c02|consumed_inputs:ints
Exp|6|1 1|1 1|input:c02|output:c02|
Exp|13|1 1|1 1|input:10c02|output:10c02|
Expand|8|2 2|1 1|input:fffe shape:80|output:fffe|
Expand|13|2 2|1 1|input:1fffe shape:80|output:1fffe|
EyeLike|9|1 1|1 1|input:3efe|output:3efe|dtype:int k:int=0
EyeLike|22|1 1|1 1|input:13efe|output:13efe|dtype:int k:int=0
Flatten|1|1 1|1 1|input:c02|output:c02|axis:int=1
Flatten|9|1 1|1 1|input:fffe|output:fffe|axis:int=1
Flatten|11|1 1|1 1|input:fffe|output:fffe|axis:int=1
Flatten|13|1 1|1 1|input:1fffe|output:1fffe|axis:int=1
Flatten|21|1 1|1 1|input:7ffffe|output:7ffffe|axis:int=1
Flatten|23|1 1|1 1|input:fffffe|output:fffffe|axis:int=1
Flatten|24|1 1|1 1|input:1fffffe|output:1fffffe|axis:int=1
Flatten|25|1 1|1 1|input:7fffffe|output:7fffffe|axis:int=1
Floor|1|1 1|1 1|X:c02|Y:c02|consumed_inputs:ints
Floor|6|1 1|1 1|X:c02|Y:c02|
Floor|13|1 1|1 1|X:10c02|Y:10c02|
GRU|1|3 6|2 2|X:c02 W:c02 R:c02 B?:c02 sequence_lens?:40 initial_h?:c02|Y?:c02 Y_h:c02|activation_alpha:floats activation_beta:floats activations:strings clip:float direction:string="foward" hidden_size:int output_sequence:int=0
GRU|3|3 6|0 2|X:c02 W:c02 R:c02 B?:c02 sequence_lens?:40 initial_h?:c02|Y?:c02 Y_h?:c02|activation_alpha:floats activation_beta:floats activations:strings clip:float direction:string="forward" hidden_size:int linear_before_reset:int=0 output_sequence:int=0
GRU|7|3 6|0 2|X:c02 W:c02 R:c02 B?:c02 sequence_lens?:40 initial_h?:c02|Y?:c02 Y_h?:c02|activation_alpha:floats activation_beta:floats activations:strings clip:float direction:string="forward" hidden_size:int linear_before_reset:int=0
GRU|14|3 6|0 2|X:c02 W:c02 R:c02 B?:c02 sequence_lens?:40 initial_h?:c02|Y?:c02 Y_h?:c02|activation_alpha:floats activation_beta:floats activations:strings clip:float direction:string="forward" hidden_size:int layout:int=0 linear_before_reset:int=0
GRU|22|3 6|0 2|X:10c02 W:10c02 R:10c02 B?:10c02 sequence_lens?:40 initial_h?:10c02|Y?:10c02 Y_h?:10c02|activation_alpha:floats activation_beta:floats activations:strings clip:float direction:string="forward" hidden_size:int layout:int=0 linear_before_reset:int=0
Gather|1|2 2|1 1|data:fffe indices:c0|output:fffe|axis:int=0
Gather|11|2 2|1 1|data:fffe indices:c0|output:fffe|axis:int=0
Gather|13|2 2|1 1|data:1fffe indices:c0|output:1fffe|axis:int=0
GatherElements|11|2 2|1 1|data:fffe indices:c0|output:fffe|axis:int=0
GatherElements|13|2 2|1 1|data:1fffe indices:c0|output:1fffe|axis:int=0
GatherND|11|2 2|1 1|data:fffe indices:80|output:fffe|
GatherND|12|2 2|1 1|data:fffe indices:80|output:fffe|batch_dims:int=0
GatherND|13|2 2|1 1|data:1fffe indices:80|output:1fffe|batch_dims:int=0
Gelu|20|1 1|1 1|X:10c02|Y:10c02|approximate:string="none"
Gemm|1|3 3|1 1|A:c02 B:c02 C:c02|Y:c02|alpha:float=1.0 beta:float=1.0 broadcast:int=0 transA:int=0 transB:int=0
Gemm|6|3 3|1 1|A:c02 B:c02 C:c02|Y:c02|alpha:float=1.0 beta:float=1.0 broadcast:int=0 transA:int=0 transB:int=0
Gemm|7|3 3|1 1|A:c02 B:c02 C:c02|Y:c02|alpha:float=1.0 beta:float=1.0 transA:int=0 transB:int=0
Gemm|9|3 3|1 1|A:3cc2 B:3cc2 C:3cc2|Y:3cc2|alpha:float=1.0 beta:float=1.0 transA:int=0 transB:int=0
Gemm|11|2 3|1 1|A:3cc2 B:3cc2 C?:3cc2|Y:3cc2|alpha:float=1.0 beta:float=1.0 transA:int=0 transB:int=0
Gemm|13|2 3|1 1|A:13cc2 B:13cc2 C?:13cc2|Y:13cc2|alpha:float=1.0 beta:float=1.0 transA:int=0 transB:int=0
GlobalAveragePool|1|1 1|1 1|X:c02|Y:c02|
GlobalAveragePool|22|1 1|1 1|X:10c02|Y:10c02|
GlobalLpPool|1|1 1|1 1|X:c02|Y:c02|p:float=2.0
GlobalLpPool|2|1 1|1 1|X:c02|Y:c02|p:int=2
GlobalLpPool|22|1 1|1 1|X:10c02|Y:10c02|p:int=2
GlobalMaxPool|1|1 1|1 1|X:c02|Y:c02|
GlobalMaxPool|22|1 1|1 1|X:10c02|Y:10c02|
Greater|1|2 2|1 1|A:c02 B:c02|C:200|axis:int broadcast:int=0
Greater|7|2 2|1 1|A:c02 B:c02|C:200|
Greater|9|2 2|1 1|A:3cfe B:3cfe|C:200|
Greater|13|2 2|1 1|A:13cfe B:13cfe|C:200|
GreaterOrEqual|12|2 2|1 1|A:3cfe B:3cfe|C:200|
GreaterOrEqual|16|2 2|1 1|A:13cfe B:13cfe|C:200|
GridSample|16|2 2|1 1|X:fffe grid:c02|Y:fffe|align_corners:int=0 mode:string="bilinear" padding_mode:string="zeros"
GridSample|20|2 2|1 1|X:fffe grid:c02|Y:fffe|align_corners:int=0 mode:string="linear" padding_mode:string="zeros"
GridSample|22|2 2|1 1|X:1fffe grid:10c02|Y:1fffe|align_corners:int=0 mode:string="linear" padding_mode:string="zeros"
GroupNormalization|18!|3 3|1 1|X:10c02 scale:10c02 bias:10c02|Y:10c02|epsilon:float=9.999999747378752e-06 num_groups:int!
GroupNormalization|21|3 3|1 1|X:10c02 scale:10c02 bias:10c02|Y:10c02|epsilon:float=9.999999747378752e-06 num_groups:int! stash_type:int=1
HammingWindow|17|1 1|1 1|size:c0|output:13cfe|output_datatype:int=1 periodic:int=1
HannWindow|17|1 1|1 1|size:c0|output:13cfe|output_datatype:int=1 periodic:int=1
HardSigmoid|1|1 1|1 1|X:c02|Y:c02|alpha:float=0.20000000298023224 beta:float=0.5 consumed_inputs:ints
HardSigmoid|6|1 1|1 1|X:c02|Y:c02|alpha:float=0.20000000298023224 beta:float=0.5
HardSigmoid|22|1 1|1 1|X:10c02|Y:10c02|alpha:float=0.20000000298023224 beta:float=0.5
HardSwish|14|1 1|1 1|X:c02|Y:c02|
HardSwish|22|1 1|1 1|X:10c02|Y:10c02|
Hardmax|1|1 1|1 1|input:c02|output:c02|axis:int=1
Hardmax|11|1 1|1 1|input:c02|output:c02|axis:int=1
Hardmax|13|1 1|1 1|input:10c02|output:10c02|axis:int=-1
Identity|1|1 1|1 1|input:fffe|output:fffe|
Identity|13|1 1|1 1|input:1fffe|output:1fffe|
Identity|14|1 1|1 1|input:1ffff|output:1ffff|
Identity|16|1 1|1 1|input:1ffff|output:1ffff|
Identity|19|1 1|1 1|input:1fffff|output:1fffff|
Identity|21|1 1|1 1|input:7fffff|output:7fffff|
Identity|23|1 1|1 1|input:ffffff|output:ffffff|
Identity|24|1 1|1 1|input:1ffffff|output:1ffffff|
Identity|25|1 1|1 1|input:7ffffff|output:7ffffff|
If|1|1 1|1 *|cond:200|outputs*:fffe|else_branch:graph! then_branch:graph!
If|11|1 1|1 *|cond:200|outputs*:fffe|else_branch:graph! then_branch:graph!
If|13|1 1|1 *|cond:200|outputs*:ffff|else_branch:graph! then_branch:graph!
If|16|1 1|1 *|cond:200|outputs*:1ffff|else_branch:graph! then_branch:graph!
If|19|1 1|1 *|cond:200|outputs*:1fffff|else_branch:graph! then_branch:graph!
If|21|1 1|1 *|cond:200|outputs*:7fffff|else_branch:graph! then_branch:graph!
If|23|1 1|1 *|cond:200|outputs*:ffffff|else_branch:graph! then_branch:graph!
If|24|1 1|1 *|cond:200|outputs*:1ffffff|else_branch:graph! then_branch:graph!
If|25|1 1|1 *|cond:200|outputs*:7ffffff|else_branch:graph! then_branch:graph!
ImageDecoder|20|1 1|1 1|encoded_stream:4|image:4|pixel_format:string="RGB"
InstanceNormalization|1|3 3|1 1|input:c02 scale:c02 B:c02|output:c02|consumed_inputs:ints epsilon:float=9.999999747378752e-06
InstanceNormalization|6|3 3|1 1|input:c02 scale:c02 B:c02|output:c02|epsilon:float=9.999999747378752e-06
InstanceNormalization|22|3 3|1 1|input:10c02 scale:10c02 B:10c02|output:10c02|epsilon:float=9.999999747378752e-06
IsInf|10|1 1|1 1|X:802|Y:200|detect_negative:int=1 detect_positive:int=1
IsInf|20|1 1|1 1|X:1f0c02|Y:200|detect_negative:int=1 detect_positive:int=1
IsNaN|9|1 1|1 1|X:c02|Y:200|
IsNaN|13|1 1|1 1|X:10c02|Y:200|
IsNaN|20|1 1|1 1|X:1f0c02|Y:200|
LRN|1|1 1|1 1|X:c02|Y:c02|alpha:float=9.999999747378752e-05 beta:float=0.75 bias:float=1.0 size:int!
LRN|13|1 1|1 1|X:10c02|Y:10c02|alpha:float=9.999999747378752e-05 beta:float=0.75 bias:float=1.0 size:int!
LSTM|1|3 8|0 3|X:c02 W:c02 R:c02 B?:c02 sequence_lens?:40 initial_h?:c02 initial_c?:c02 P?:c02|Y?:c02 Y_h?:c02 Y_c?:c02|activation_alpha:floats activation_beta:floats activations:strings clip:float direction:string="forward" hidden_size:int input_forget:int=0 output_sequence:int=0
LSTM|7|3 8|0 3|X:c02 W:c02 R:c02 B?:c02 sequence_lens?:40 initial_h?:c02 initial_c?:c02 P?:c02|Y?:c02 Y_h?:c02 Y_c?:c02|activation_alpha:floats activation_beta:floats activations:strings clip:float direction:string="forward" hidden_size:int input_forget:int=0
LSTM|14|3 8|0 3|X:c02 W:c02 R:c02 B?:c02 sequence_lens?:40 initial_h?:c02 initial_c?:c02 P?:c02|Y?:c02 Y_h?:c02 Y_c?:c02|activation_alpha:floats activation_beta:floats activations:strings clip:float direction:string="forward" hidden_size:int input_forget:int=0 layout:int=0
LSTM|22|3 8|0 3|X:10c02 W:10c02 R:10c02 B?:10c02 sequence_lens?:40 initial_h?:10c02 initial_c?:10c02 P?:10c02|Y?:10c02 Y_h?:10c02 Y_c?:10c02|activation_alpha:floats activation_beta:floats activations:strings clip:float direction:string="forward" hidden_size:int input_forget:int=0 layout:int=0
LayerNormalization|17|2 3|1 3|X:10c02 Scale:10c02 B?:10c02|Y:10c02 Mean?:10002 InvStdDev?:10002|axis:int=-1 epsilon:float=9.999999747378752e-06 stash_type:int=1
LeakyRelu|1|1 1|1 1|X:c02|Y:c02|alpha:float=0.009999999776482582 consumed_inputs:ints
LeakyRelu|6|1 1|1 1|X:c02|Y:c02|alpha:float=0.009999999776482582
LeakyRelu|16|1 1|1 1|X:10c02|Y:10c02|alpha:float=0.009999999776482582
Less|1|2 2|1 1|A:c02 B:c02|C:200|axis:int broadcast:int=0
Less|7|2 2|1 1|A:c02 B:c02|C:200|
Less|9|2 2|1 1|A:3cfe B:3cfe|C:200|
Less|13|2 2|1 1|A:13cfe B:13cfe|C:200|
LessOrEqual|12|2 2|1 1|A:3cfe B:3cfe|C:200|
LessOrEqual|16|2 2|1 1|A:13cfe B:13cfe|C:200|
LinearAttention|27|3 6|2 2|query:10402 key:10402 value:10402 past_state?:10402 decay?:10402 beta?:10402|output:10402 present_state:10402|chunk_size:int=64 kv_num_heads:int! q_num_heads:int! scale:float=0.0 update_rule:string="gated_delta"
Log|1|1 1|1 1|input:c02|output:c02|consumed_inputs:ints
Log|6|1 1|1 1|input:c02|output:c02|
Log|13|1 1|1 1|input:10c02|output:10c02|
LogSoftmax|1|1 1|1 1|input:c02|output:c02|axis:int=1
LogSoftmax|11|1 1|1 1|input:c02|output:c02|axis:int=1
LogSoftmax|13|1 1|1 1|input:10c02|output:10c02|axis:int=-1
Loop|1|3 *|1 *|M?:80 cond?:200 v_initial*:fffe|v_final_and_scan_outputs*:fffe|body:graph!
Loop|11|2 *|1 *|M?:80 cond?:200 v_initial*:fffe|v_final_and_scan_outputs*:fffe|body:graph!
Loop|13|2 *|1 *|M?:80 cond?:200 v_initial*:ffff|v_final_and_scan_outputs*:ffff|body:graph!
Loop|16|2 *|1 *|M?:80 cond?:200 v_initial*:1ffff|v_final_and_scan_outputs*:1ffff|body:graph!
Loop|19|2 *|1 *|M?:80 cond?:200 v_initial*:1fffff|v_final_and_scan_outputs*:1fffff|body:graph!
Loop|21|2 *|1 *|M?:80 cond?:200 v_initial*:7fffff|v_final_and_scan_outputs*:7fffff|body:graph!
Loop|23|2 *|1 *|M?:80 cond?:200 v_initial*:ffffff|v_final_and_scan_outputs*:ffffff|body:graph!
Loop|24|2 *|1 *|M?:80 cond?:200 v_initial*:1ffffff|v_final_and_scan_outputs*:1ffffff|body:graph!
Loop|25|2 *|1 *|M?:80 cond?:200 v_initial*:7ffffff|v_final_and_scan_outputs*:7ffffff|body:graph!
LpNormalization|1|1 1|1 1|input:c02|output:c02|axis:int=-1 p:int=2
LpNormalization|22|1 1|1 1|input:10c02|output:10c02|axis:int=-1 p:int=2
LpPool|1|1 1|1 1|X:c02|Y:c02|auto_pad:string="NOTSET" kernel_shape:ints p:float=2.0 pads:ints strides:ints
LpPool|2|1 1|1 1|X:c02|Y:c02|auto_pad:string="NOTSET" kernel_shape:ints! p:int=2 pads:ints strides:ints
LpPool|11|1 1|1 1|X:c02|Y:c02|auto_pad:string="NOTSET" kernel_shape:ints! p:int=2 pads:ints strides:ints
LpPool|18|1 1|1 1|X:c02|Y:c02|auto_pad:string="NOTSET" ceil_mode:int=0 dilations:ints kernel_shape:ints! p:int=2 pads:ints strides:ints
LpPool|22|1 1|1 1|X:10c02|Y:10c02|auto_pad:string="NOTSET" ceil_mode:int=0 dilations:ints kernel_shape:ints! p:int=2 pads:ints strides:ints
MatMul|1|2 2|1 1|A:c02 B:c02|Y:c02|
MatMul|9|2 2|1 1|A:3cc2 B:3cc2|Y:3cc2|
MatMul|13|2 2|1 1|A:13cc2 B:13cc2|Y:13cc2|
MatMulInteger|10|2 4|1 1|A:c B:c a_zero_point?:c b_zero_point?:c|Y:40|
Max|1|1 *|1 1|data_0*:c02|max:c02|consumed_inputs:ints
Max|6|1 *|1 1|data_0*:c02|max:c02|
Max|8|1 *|1 1|data_0*:c02|max:c02|
Max|12|1 *|1 1|data_0*:3cfe|max:3cfe|
Max|13|1 *|1 1|data_0*:13cfe|max:13cfe|
MaxPool|1|1 1|1 1|X:c02|Y:c02|auto_pad:string="NOTSET" kernel_shape:ints! pads:ints strides:ints
MaxPool|8|1 1|1 2|X:c02|Y:c02 Indices?:80|auto_pad:string="NOTSET" kernel_shape:ints! pads:ints storage_order:int=0 strides:ints
MaxPool|10|1 1|1 2|X:c02|Y:c02 Indices?:80|auto_pad:string="NOTSET" ceil_mode:int=0 dilations:ints kernel_shape:ints! pads:ints storage_order:int=0 strides:ints
MaxPool|11|1 1|1 2|X:c02|Y:c02 Indices?:80|auto_pad:string="NOTSET" ceil_mode:int=0 dilations:ints kernel_shape:ints! pads:ints storage_order:int=0 strides:ints
MaxPool|12|1 1|1 2|X:c0e|Y:c0e Indices?:80|auto_pad:string="NOTSET" ceil_mode:int=0 dilations:ints kernel_shape:ints! pads:ints storage_order:int=0 strides:ints
MaxPool|22|1 1|1 2|X:10c0e|Y:10c0e Indices?:80|auto_pad:string="NOTSET" ceil_mode:int=0 dilations:ints kernel_shape:ints! pads:ints storage_order:int=0 strides:ints
MaxRoiPool|1|2 2|1 1|X:c02 rois:c02|Y:c02|pooled_shape:ints! spatial_scale:float=1.0
MaxRoiPool|22|2 2|1 1|X:10c02 rois:10c02|Y:10c02|pooled_shape:ints! spatial_scale:float=1.0
MaxUnpool|9|2 3|1 1|X:c02 I:80 output_shape?:80|output:c02|kernel_shape:ints! pads:ints strides:ints
MaxUnpool|11|2 3|1 1|X:c02 I:80 output_shape?:80|output:c02|kernel_shape:ints! pads:ints strides:ints
MaxUnpool|22|2 3|1 1|X:10c02 I:80 output_shape?:80|output:10c02|kernel_shape:ints! pads:ints strides:ints
Mean|1|1 *|1 1|data_0*:c02|mean:c02|consumed_inputs:ints
Mean|6|1 *|1 1|data_0*:c02|mean:c02|
Mean|8|1 *|1 1|data_0*:c02|mean:c02|
Mean|13|1 *|1 1|data_0*:10c02|mean:10c02|
MeanVarianceNormalization|9|1 1|1 1|X:c02|Y:c02|axes:ints=[0,2,3]
MeanVarianceNormalization|13|1 1|1 1|X:10c02|Y:10c02|axes:ints=[0,2,3]
MelWeightMatrix|17|5 5|1 1|num_mel_bins:c0 dft_length:c0 sample_rate:c0 lower_edge_hertz:10c02 upper_edge_hertz:10c02|output:13cfe|output_datatype:int=1
Min|1|1 *|1 1|data_0*:c02|min:c02|consumed_inputs:ints
Min|6|1 *|1 1|data_0*:c02|min:c02|
Min|8|1 *|1 1|data_0*:c02|min:c02|
Min|12|1 *|1 1|data_0*:3cfe|min:3cfe|
Min|13|1 *|1 1|data_0*:13cfe|min:13cfe|
Mish|18|1 1|1 1|X:c02|Y:c02|
Mish|22|1 1|1 1|X:10c02|Y:10c02|
Mod|10|2 2|1 1|A:3cfe B:3cfe|C:3cfe|fmod:int=0
Mod|13|2 2|1 1|A:13cfe B:13cfe|C:13cfe|fmod:int=0
Mod|28|2 2|1 1|A:13cfe B:13cfe|C:13cfe|fmod:int=0
Mul|1|2 2|1 1|A:c02 B:c02|C:c02|axis:int broadcast:int=0 consumed_inputs:ints
Mul|6|2 2|1 1|A:3cc2 B:3cc2|C:3cc2|axis:int broadcast:int=0
Mul|7|2 2|1 1|A:3cc2 B:3cc2|C:3cc2|
Mul|13|2 2|1 1|A:13cc2 B:13cc2|C:13cc2|
Mul|14|2 2|1 1|A:13cfe B:13cfe|C:13cfe|
Multinomial|7|1 1|1 1|input:c02|output:c0|dtype:int=6 sample_size:int=1 seed:float
Multinomial|22|1 1|1 1|input:10c02|output:c0|dtype:int=6 sample_size:int=1 seed:float
Neg|1|1 1|1 1|X:c02|Y:c02|consumed_inputs:ints
Neg|6|1 1|1 1|X:cea|Y:cea|
Neg|13|1 1|1 1|X:10cea|Y:10cea|
NegativeLogLikelihoodLoss|12|2 3|1 1|input:c02 target:c0 weight?:c02|loss:c02|ignore_index:int reduction:string="mean"
NegativeLogLikelihoodLoss|13|2 3|1 1|input:c02 target:c0 weight?:c02|loss:c02|ignore_index:int reduction:string="mean"
NegativeLogLikelihoodLoss|22|2 3|1 1|input:10c02 target:c0 weight?:10c02|loss:10c02|ignore_index:int reduction:string="mean"
NonMaxSuppression|10|2 5|1 1|boxes:2 scores:2 max_output_boxes_per_class?:80 iou_threshold?:2 score_threshold?:2|selected_indices:80|center_point_box:int=0
NonMaxSuppression|11|2 5|1 1|boxes:2 scores:2 max_output_boxes_per_class?:80 iou_threshold?:2 score_threshold?:2|selected_indices:80|center_point_box:int=0
NonZero|9|1 1|1 1|X:fffe|Y:80|
NonZero|13|1 1|1 1|X:1fffe|Y:80|
Not|1|1 1|1 1|X:200|Y:200|
OneHot|9|3 3|1 1|indices:3cfe depth:3cfe values:fffe|output:fffe|axis:int=-1
OneHot|11|3 3|1 1|indices:3cfe depth:3cfe values:fffe|output:fffe|axis:int=-1
OneHot|28|3 3|1 1|indices:3cfe depth:3cfe values:1fffe|output:1fffe|axis:int=-1
Optional|15|0 1|1 1|input?:ffff|output:1|type:type_proto
Optional|28|0 1|1 1|input?:1fffffff|output:1|type:type_proto
OptionalGetElement|15|1 1|1 1|input:1|output:ffff|
OptionalGetElement|18|1 1|1 1|input:ffff|output:ffff|
OptionalGetElement|28|1 1|1 1|input:1fffffff|output:1fffffff|
OptionalHasElement|15|1 1|1 1|input:1|output:200|
OptionalHasElement|18|0 1|1 1|input?:ffff|output:200|
OptionalHasElement|28|0 1|1 1|input?:1fffffff|output:200|
Or|1|2 2|1 1|A:200 B:200|C:200|axis:int broadcast:int=0
Or|7|2 2|1 1|A:200 B:200|C:200|
PRelu|1|2 2|1 1|X:c02 slope:c02|Y:c02|consumed_inputs:ints
PRelu|6|2 2|1 1|X:c02 slope:c02|Y:c02|
PRelu|7|2 2|1 1|X:c02 slope:c02|Y:c02|
PRelu|9|2 2|1 1|X:3cc2 slope:3cc2|Y:3cc2|
PRelu|16|2 2|1 1|X:13cc2 slope:13cc2|Y:13cc2|
Pad|1|1 1|1 1|data:c02|output:c02|mode:string="constant" paddings:ints! value:float=0.0
Pad|2|1 1|1 1|data:c02|output:c02|mode:string="constant" pads:ints! value:float=0.0
Pad|11|2 3|1 1|data:3cfe pads:80 constant_value?:3cfe|output:3cfe|mode:string="constant"
Pad|13|2 3|1 1|data:1fffe pads:80 constant_value?:1fffe|output:1fffe|mode:string="constant"
Pad|18|2 4|1 1|data:1fffe pads:80 constant_value?:1fffe axes?:c0|output:1fffe|mode:string="constant"
Pad|19|2 4|1 1|data:1fffe pads:80 constant_value?:1fffe axes?:c0|output:1fffe|mode:string="constant"
Pad|21|2 4|1 1|data:7ffffe pads:80 constant_value?:7ffffe axes?:c0|output:7ffffe|mode:string="constant"
Pad|23|2 4|1 1|data:fffffe pads:80 constant_value?:fffffe axes?:c0|output:fffffe|mode:string="constant"
Pad|24|2 4|1 1|data:1fffffe pads:80 constant_value?:1fffffe axes?:c0|output:1fffffe|mode:string="constant"
Pad|25|2 4|1 1|data:7fffffe pads:80 constant_value?:7fffffe axes?:c0|output:7fffffe|mode:string="constant"
Pow|1|2 2|1 1|X:c02 Y:c02|Z:c02|axis:int broadcast:int=0
Pow|7|2 2|1 1|X:c02 Y:c02|Z:c02|
Pow|12|2 2|1 1|X:cc2 Y:3cfe|Z:cc2|
Pow|13|2 2|1 1|X:10cc2 Y:3cfe|Z:10cc2|
Pow|15|2 2|1 1|X:10cc2 Y:13cfe|Z:10cc2|
QLinearConv|10|8 9|1 1|x:c x_scale:2 x_zero_point:c w:c w_scale:2 w_zero_point:c y_scale:2 y_zero_point:c B?:40|y:c|auto_pad:string="NOTSET" dilations:ints group:int=1 kernel_shape:ints pads:ints strides:ints
QLinearMatMul|10|8 8|1 1|a:c a_scale:2 a_zero_point:c b:c b_scale:2 b_zero_point:c y_scale:2 y_zero_point:c|y:c|
QLinearMatMul|21|8 8|1 1|a:1e000c a_scale:10402 a_zero_point:1e000c b:1e000c b_scale:10402 b_zero_point:1e000c y_scale:10402 y_zero_point:1e000c|y:1e000c|
QuantizeLinear|10|2 3|1 1|x:42 y_scale:2 y_zero_point?:c|y:c|
QuantizeLinear|13|2 3|1 1|x:42 y_scale:2 y_zero_point?:c|y:c|axis:int=1
QuantizeLinear|19|2 3|1 1|x:10442 y_scale:10442 y_zero_point?:1e000c|y:1e000c|axis:int=1 saturate:int=1
QuantizeLinear|21|2 3|1 1|x:10442 y_scale:10442 y_zero_point?:7e003c|y:7e003c|axis:int=1 block_size:int=0 output_dtype:int=0 saturate:int=1
QuantizeLinear|23|2 3|1 1|x:10442 y_scale:10442 y_zero_point?:fe003c|y:fe003c|axis:int=1 block_size:int=0 output_dtype:int=0 precision:int=0 saturate:int=1
QuantizeLinear|24|2 3|1 1|x:10442 y_scale:1010442 y_zero_point?:fe003c|y:fe003c|axis:int=1 block_size:int=0 output_dtype:int=0 precision:int=0 saturate:int=1
QuantizeLinear|25|2 3|1 1|x:10442 y_scale:1010442 y_zero_point?:6fe003c|y:6fe003c|axis:int=1 block_size:int=0 output_dtype:int=0 precision:int=0 saturate:int=1
QuantizeLinear|28|2 3|1 1|x:10442 y_scale:1010442 y_zero_point?:1efe003c|y:1efe003c|axis:int=1 block_size:int=0 output_dtype:int=0 precision:int=0 saturate:int=1
RMSNormalization|23|2 2|1 1|X:10c02 scale:10c02|Y:10c02|axis:int=-1 epsilon:float=9.999999747378752e-06 stash_type:int=1
RNN|1|3 6|0 2|X:c02 W:c02 R:c02 B?:c02 sequence_lens?:40 initial_h?:c02|Y?:c02 Y_h?:c02|activation_alpha:floats activation_beta:floats activations:strings=["Tanh","Tanh"] clip:float direction:string="forward" hidden_size:int output_sequence:int=0
RNN|7|3 6|0 2|X:c02 W:c02 R:c02 B?:c02 sequence_lens?:40 initial_h?:c02|Y?:c02 Y_h?:c02|activation_alpha:floats activation_beta:floats activations:strings=["Tanh","Tanh"] clip:float direction:string="forward" hidden_size:int
RNN|14|3 6|0 2|X:c02 W:c02 R:c02 B?:c02 sequence_lens?:40 initial_h?:c02|Y?:c02 Y_h?:c02|activation_alpha:floats activation_beta:floats activations:strings=["Tanh","Tanh"] clip:float direction:string="forward" hidden_size:int layout:int=0
RNN|22|3 6|0 2|X:10c02 W:10c02 R:10c02 B?:10c02 sequence_lens?:40 initial_h?:10c02|Y?:10c02 Y_h?:10c02|activation_alpha:floats activation_beta:floats activations:strings=["Tanh","Tanh"] clip:float direction:string="forward" hidden_size:int layout:int=0
RandomNormal|1|0 0|1 1||output:c02|dtype:int=1 mean:float=0.0 scale:float=1.0 seed:float shape:ints!
RandomNormal|22|0 0|1 1||output:10c02|dtype:int=1 mean:float=0.0 scale:float=1.0 seed:float shape:ints!
RandomNormalLike|1|1 1|1 1|input:fffe|output:c02|dtype:int mean:float=0.0 scale:float=1.0 seed:float
RandomNormalLike|22|1 1|1 1|input:1fffe|output:10c02|dtype:int mean:float=0.0 scale:float=1.0 seed:float
RandomUniform|1|0 0|1 1||output:c02|dtype:int=1 high:float=1.0 low:float=0.0 seed:float shape:ints!
RandomUniform|22|0 0|1 1||output:10c02|dtype:int=1 high:float=1.0 low:float=0.0 seed:float shape:ints!
RandomUniformLike|1|1 1|1 1|input:fffe|output:c02|dtype:int high:float=1.0 low:float=0.0 seed:float
RandomUniformLike|22|1 1|1 1|input:1fffe|output:10c02|dtype:int high:float=1.0 low:float=0.0 seed:float
Range|11|3 3|1 1|start:8e2 limit:8e2 delta:8e2|output:8e2|
Range|27|3 3|1 1|start:10ce2 limit:10ce2 delta:10ce2|output:10ce2|stash_type:int=1
Reciprocal|1|1 1|1 1|X:c02|Y:c02|consumed_inputs:ints
Reciprocal|6|1 1|1 1|X:c02|Y:c02|
Reciprocal|13|1 1|1 1|X:10c02|Y:10c02|
ReduceL1|1|1 1|1 1|data:3cc2|reduced:3cc2|axes:ints keepdims:int=1
ReduceL1|11|1 1|1 1|data:3cc2|reduced:3cc2|axes:ints keepdims:int=1
ReduceL1|13|1 1|1 1|data:13cc2|reduced:13cc2|axes:ints keepdims:int=1
ReduceL1|18|1 2|1 1|data:13cc2 axes?:80|reduced:13cc2|keepdims:int=1 noop_with_empty_axes:int=0
ReduceL2|1|1 1|1 1|data:3cc2|reduced:3cc2|axes:ints keepdims:int=1
ReduceL2|11|1 1|1 1|data:3cc2|reduced:3cc2|axes:ints keepdims:int=1
ReduceL2|13|1 1|1 1|data:13cc2|reduced:13cc2|axes:ints keepdims:int=1
ReduceL2|18|1 2|1 1|data:13cc2 axes?:80|reduced:13cc2|keepdims:int=1 noop_with_empty_axes:int=0
ReduceLogSum|1|1 1|1 1|data:3cc2|reduced:3cc2|axes:ints keepdims:int=1
ReduceLogSum|11|1 1|1 1|data:3cc2|reduced:3cc2|axes:ints keepdims:int=1
ReduceLogSum|13|1 1|1 1|data:13cc2|reduced:13cc2|axes:ints keepdims:int=1
ReduceLogSum|18|1 2|1 1|data:13cc2 axes?:80|reduced:13cc2|keepdims:int=1 noop_with_empty_axes:int=0
ReduceLogSum|28|1 2|1 1|data:10c02 axes?:80|reduced:10c02|keepdims:int=1 noop_with_empty_axes:int=0
ReduceLogSumExp|1|1 1|1 1|data:3cc2|reduced:3cc2|axes:ints keepdims:int=1
ReduceLogSumExp|11|1 1|1 1|data:3cc2|reduced:3cc2|axes:ints keepdims:int=1
ReduceLogSumExp|13|1 1|1 1|data:13cc2|reduced:13cc2|axes:ints keepdims:int=1
ReduceLogSumExp|18|1 2|1 1|data:13cc2 axes?:80|reduced:13cc2|keepdims:int=1 noop_with_empty_axes:int=0
ReduceLogSumExp|28|1 2|1 1|data:10c02 axes?:80|reduced:10c02|keepdims:int=1 noop_with_empty_axes:int=0
ReduceMax|1|1 1|1 1|data:3cc2|reduced:3cc2|axes:ints keepdims:int=1
ReduceMax|11|1 1|1 1|data:3cc2|reduced:3cc2|axes:ints keepdims:int=1
ReduceMax|12|1 1|1 1|data:3cce|reduced:3cce|axes:ints keepdims:int=1
ReduceMax|13|1 1|1 1|data:13cce|reduced:13cce|axes:ints keepdims:int=1
ReduceMax|18|1 2|1 1|data:13cce axes?:80|reduced:13cce|keepdims:int=1 noop_with_empty_axes:int=0
ReduceMax|20|1 2|1 1|data:13ece axes?:80|reduced:13ece|keepdims:int=1 noop_with_empty_axes:int=0
ReduceMean|1|1 1|1 1|data:3cc2|reduced:3cc2|axes:ints keepdims:int=1
ReduceMean|11|1 1|1 1|data:3cc2|reduced:3cc2|axes:ints keepdims:int=1
ReduceMean|13|1 1|1 1|data:13cc2|reduced:13cc2|axes:ints keepdims:int=1
ReduceMean|18|1 2|1 1|data:13cc2 axes?:80|reduced:13cc2|keepdims:int=1 noop_with_empty_axes:int=0
ReduceMin|1|1 1|1 1|data:3cc2|reduced:3cc2|axes:ints keepdims:int=1
ReduceMin|11|1 1|1 1|data:3cc2|reduced:3cc2|axes:ints keepdims:int=1
ReduceMin|12|1 1|1 1|data:3cce|reduced:3cce|axes:ints keepdims:int=1
ReduceMin|13|1 1|1 1|data:13cce|reduced:13cce|axes:ints keepdims:int=1
ReduceMin|18|1 2|1 1|data:13cce axes?:80|reduced:13cce|keepdims:int=1 noop_with_empty_axes:int=0
ReduceMin|20|1 2|1 1|data:13ece axes?:80|reduced:13ece|keepdims:int=1 noop_with_empty_axes:int=0
ReduceProd|1|1 1|1 1|data:3cc2|reduced:3cc2|axes:ints keepdims:int=1
ReduceProd|11|1 1|1 1|data:3cc2|reduced:3cc2|axes:ints keepdims:int=1
ReduceProd|13|1 1|1 1|data:13cc2|reduced:13cc2|axes:ints keepdims:int=1
ReduceProd|18|1 2|1 1|data:13cc2 axes?:80|reduced:13cc2|keepdims:int=1 noop_with_empty_axes:int=0
ReduceSum|1|1 1|1 1|data:3cc2|reduced:3cc2|axes:ints keepdims:int=1
ReduceSum|11|1 1|1 1|data:3cc2|reduced:3cc2|axes:ints keepdims:int=1
ReduceSum|13|1 2|1 1|data:13cc2 axes?:80|reduced:13cc2|keepdims:int=1 noop_with_empty_axes:int=0
ReduceSumSquare|1|1 1|1 1|data:3cc2|reduced:3cc2|axes:ints keepdims:int=1
ReduceSumSquare|11|1 1|1 1|data:3cc2|reduced:3cc2|axes:ints keepdims:int=1
ReduceSumSquare|13|1 1|1 1|data:13cc2|reduced:13cc2|axes:ints keepdims:int=1
ReduceSumSquare|18|1 2|1 1|data:13cc2 axes?:80|reduced:13cc2|keepdims:int=1 noop_with_empty_axes:int=0
RegexFullMatch|20|1 1|1 1|X:100|Y:200|pattern:string
Relu|1|1 1|1 1|X:c02|Y:c02|consumed_inputs:ints
Relu|6|1 1|1 1|X:c02|Y:c02|
Relu|13|1 1|1 1|X:10c02|Y:10c02|
Relu|14|1 1|1 1|X:10cea|Y:10cea|
Reshape|1|1 1|1 1|data:c02|reshaped:c02|consumed_inputs:ints shape:ints
Reshape|5|2 2|1 1|data:fffe shape:80|reshaped:fffe|
Reshape|13|2 2|1 1|data:1fffe shape:80|reshaped:1fffe|
Reshape|14|2 2|1 1|data:1fffe shape:80|reshaped:1fffe|allowzero:int=0
Reshape|19|2 2|1 1|data:1ffffe shape:80|reshaped:1ffffe|allowzero:int=0
Reshape|21|2 2|1 1|data:7ffffe shape:80|reshaped:7ffffe|allowzero:int=0
Reshape|23|2 2|1 1|data:fffffe shape:80|reshaped:fffffe|allowzero:int=0
Reshape|24|2 2|1 1|data:1fffffe shape:80|reshaped:1fffffe|allowzero:int=0
Reshape|25|2 2|1 1|data:7fffffe shape:80|reshaped:7fffffe|allowzero:int=0
Resize|10|2 2|1 1|X:fffe scales:2|Y:fffe|mode:string="nearest"
Resize|11|3 4|1 1|X:fffe roi:c02 scales:2 sizes?:80|Y:fffe|coordinate_transformation_mode:string="half_pixel" cubic_coeff_a:float=-0.75 exclude_outside:int=0 extrapolation_value:float=0.0 mode:string="nearest" nearest_mode:string="round_prefer_floor"
Resize|13|1 4|1 1|X:1fffe roi?:c02 scales?:2 sizes?:80|Y:1fffe|coordinate_transformation_mode:string="half_pixel" cubic_coeff_a:float=-0.75 exclude_outside:int=0 extrapolation_value:float=0.0 mode:string="nearest" nearest_mode:string="round_prefer_floor"
Resize|18|1 4|1 1|X:1fffe roi?:c02 scales?:2 sizes?:80|Y:1fffe|antialias:int=0 axes:ints coordinate_transformation_mode:string="half_pixel" cubic_coeff_a:float=-0.75 exclude_outside:int=0 extrapolation_value:float=0.0 keep_aspect_ratio_policy:string="stretch" mode:string="nearest" nearest_mode:string="round_prefer_floor"
Resize|19|1 4|1 1|X:1fffe roi?:c02 scales?:2 sizes?:80|Y:1fffe|antialias:int=0 axes:ints coordinate_transformation_mode:string="half_pixel" cubic_coeff_a:float=-0.75 exclude_outside:int=0 extrapolation_value:float=0.0 keep_aspect_ratio_policy:string="stretch" mode:string="nearest" nearest_mode:string="round_prefer_floor"
ReverseSequence|10|2 2|1 1|input:fffe sequence_lens:80|Y:fffe|batch_axis:int=1 time_axis:int=0
ReverseSequence|28|2 2|1 1|input:1fffe sequence_lens:80|Y:1fffe|batch_axis:int=1 time_axis:int=0
RoiAlign|10|3 3|1 1|X:c02 rois:c02 batch_indices:80|Y:c02|mode:string="avg" output_height:int=1 output_width:int=1 sampling_ratio:int=0 spatial_scale:float=1.0
RoiAlign|16|3 3|1 1|X:c02 rois:c02 batch_indices:80|Y:c02|coordinate_transformation_mode:string="half_pixel" mode:string="avg" output_height:int=1 output_width:int=1 sampling_ratio:int=0 spatial_scale:float=1.0
RoiAlign|22|3 3|1 1|X:10c02 rois:10c02 batch_indices:80|Y:10c02|coordinate_transformation_mode:string="half_pixel" mode:string="avg" output_height:int=1 output_width:int=1 sampling_ratio:int=0 spatial_scale:float=1.0
RotaryEmbedding|23|3 4|1 1|X:10402 cos_cache:10402 sin_cache:10402 position_ids?:80|Y:10402|interleaved:int=0 num_heads:int rotary_embedding_dim:int=0
Round|11|1 1|1 1|X:c02|Y:c02|
Round|22|1 1|1 1|X:10c02|Y:10c02|
STFT|17|2 4|1 1|signal:10c02 frame_step:c0 window?:10c02 frame_length?:c0|output:10c02|onesided:int=1
Scan|8|2 *|1 *|sequence_lens?:80 initial_state_and_scan_inputs*:fffe|final_state_and_scan_outputs*:fffe|body:graph! directions:ints num_scan_inputs:int!
Scan|9|1 *|1 *|initial_state_and_scan_inputs*:fffe|final_state_and_scan_outputs*:fffe|body:graph! num_scan_inputs:int! scan_input_axes:ints scan_input_directions:ints scan_output_axes:ints scan_output_directions:ints
Scan|11|1 *|1 *|initial_state_and_scan_inputs*:fffe|final_state_and_scan_outputs*:fffe|body:graph! num_scan_inputs:int! scan_input_axes:ints scan_input_directions:ints scan_output_axes:ints scan_output_directions:ints
Scan|16|1 *|1 *|initial_state_and_scan_inputs*:1fffe|final_state_and_scan_outputs*:1fffe|body:graph! num_scan_inputs:int! scan_input_axes:ints scan_input_directions:ints scan_output_axes:ints scan_output_directions:ints
Scan|19|1 *|1 *|initial_state_and_scan_inputs*:1ffffe|final_state_and_scan_outputs*:1ffffe|body:graph! num_scan_inputs:int! scan_input_axes:ints scan_input_directions:ints scan_output_axes:ints scan_output_directions:ints
Scan|21|1 *|1 *|initial_state_and_scan_inputs*:7ffffe|final_state_and_scan_outputs*:7ffffe|body:graph! num_scan_inputs:int! scan_input_axes:ints scan_input_directions:ints scan_output_axes:ints scan_output_directions:ints
Scan|23|1 *|1 *|initial_state_and_scan_inputs*:fffffe|final_state_and_scan_outputs*:fffffe|body:graph! num_scan_inputs:int! scan_input_axes:ints scan_input_directions:ints scan_output_axes:ints scan_output_directions:ints
Scan|24|1 *|1 *|initial_state_and_scan_inputs*:1fffffe|final_state_and_scan_outputs*:1fffffe|body:graph! num_scan_inputs:int! scan_input_axes:ints scan_input_directions:ints scan_output_axes:ints scan_output_directions:ints
Scan|25|1 *|1 *|initial_state_and_scan_inputs*:7fffffe|final_state_and_scan_outputs*:7fffffe|body:graph! num_scan_inputs:int! scan_input_axes:ints scan_input_directions:ints scan_output_axes:ints scan_output_directions:ints
Scatter|9|3 3|1 1|data:fffe indices:c0 updates:fffe|output:fffe|axis:int=0
Scatter|11!|3 3|1 1|data:fffe indices:c0 updates:fffe|output:fffe|axis:int=0
ScatterElements|11|3 3|1 1|data:fffe indices:c0 updates:fffe|output:fffe|axis:int=0
ScatterElements|13|3 3|1 1|data:1fffe indices:c0 updates:1fffe|output:1fffe|axis:int=0
ScatterElements|16|3 3|1 1|data:1fffe indices:c0 updates:1fffe|output:1fffe|axis:int=0 reduction:string="none"
ScatterElements|18|3 3|1 1|data:1fffe indices:c0 updates:1fffe|output:1fffe|axis:int=0 reduction:string="none"
ScatterND|11|3 3|1 1|data:fffe indices:80 updates:fffe|output:fffe|
ScatterND|13|3 3|1 1|data:1fffe indices:80 updates:1fffe|output:1fffe|
ScatterND|16|3 3|1 1|data:1fffe indices:80 updates:1fffe|output:1fffe|reduction:string="none"
ScatterND|18|3 3|1 1|data:1fffe indices:80 updates:1fffe|output:1fffe|reduction:string="none"
Selu|1|1 1|1 1|X:c02|Y:c02|alpha:float=1.673200011253357 consumed_inputs:ints gamma:float=1.0506999492645264
Selu|6|1 1|1 1|X:c02|Y:c02|alpha:float=1.6732631921768188 gamma:float=1.0507010221481323
Selu|22|1 1|1 1|X:10c02|Y:10c02|alpha:float=1.6732631921768188 gamma:float=1.0507010221481323
SequenceAt|11|2 2|1 1|input_sequence:1 position:c0|tensor:fffe|
SequenceConstruct|11|1 *|1 1|inputs*:fffe|output_sequence:1|
SequenceEmpty|11|0 0|1 1||output:1|dtype:int
SequenceErase|11|1 2|1 1|input_sequence:1 position?:c0|output_sequence:1|
SequenceInsert|11|2 3|1 1|input_sequence:1 tensor:fffe position?:c0|output_sequence:1|
SequenceLength|11|1 1|1 1|input_sequence:1|length:80|
SequenceMap|17|1 *|1 *|input_sequence:1 additional_inputs*:ffff|out_sequence*:1|body:graph!
Shape|1|1 1|1 1|data:fffe|shape:80|
Shape|13|1 1|1 1|data:1fffe|shape:80|
Shape|15|1 1|1 1|data:1fffe|shape:80|end:int start:int=0
Shape|19|1 1|1 1|data:1ffffe|shape:80|end:int start:int=0
Shape|21|1 1|1 1|data:7ffffe|shape:80|end:int start:int=0
Shape|23|1 1|1 1|data:fffffe|shape:80|end:int start:int=0
Shape|24|1 1|1 1|data:1fffffe|shape:80|end:int start:int=0
Shape|25|1 1|1 1|data:7fffffe|shape:80|end:int start:int=0
Shrink|9|1 1|1 1|input:3cfe|output:3cfe|bias:float=0.0 lambd:float=0.5
Sigmoid|1|1 1|1 1|X:c02|Y:c02|consumed_inputs:ints
Sigmoid|6|1 1|1 1|X:c02|Y:c02|
Sigmoid|13|1 1|1 1|X:10c02|Y:10c02|
Sign|9|1 1|1 1|input:3cfe|output:3cfe|
Sign|13|1 1|1 1|input:13cfe|output:13cfe|
Sin|7|1 1|1 1|input:c02|output:c02|
Sin|22|1 1|1 1|input:10c02|output:10c02|
Sinh|9|1 1|1 1|input:c02|output:c02|
Sinh|22|1 1|1 1|input:10c02|output:10c02|
Size|1|1 1|1 1|data:fffe|size:80|
Size|13|1 1|1 1|data:1fffe|size:80|
Size|19|1 1|1 1|data:1ffffe|size:80|
Size|21|1 1|1 1|data:7ffffe|size:80|
Size|23|1 1|1 1|data:fffffe|size:80|
Size|24|1 1|1 1|data:1fffffe|size:80|
Size|25|1 1|1 1|data:7fffffe|size:80|
Slice|1|1 1|1 1|data:fffe|output:fffe|axes:ints ends:ints! starts:ints!
Slice|10|3 5|1 1|data:fffe starts:c0 ends:c0 axes?:c0 steps?:c0|output:fffe|
Slice|11|3 5|1 1|data:fffe starts:c0 ends:c0 axes?:c0 steps?:c0|output:fffe|
Slice|13|3 5|1 1|data:1fffe starts:c0 ends:c0 axes?:c0 steps?:c0|output:1fffe|
Softmax|1|1 1|1 1|input:c02|output:c02|axis:int=1
Softmax|11|1 1|1 1|input:c02|output:c02|axis:int=1
Softmax|13|1 1|1 1|input:10c02|output:10c02|axis:int=-1
SoftmaxCrossEntropyLoss|12|2 3|1 2|scores:c02 labels:c0 weights?:c02|output:c02 log_prob?:c02|ignore_index:int reduction:string="mean"
SoftmaxCrossEntropyLoss|13|2 3|1 2|scores:10c02 labels:c0 weights?:10c02|output:10c02 log_prob?:10c02|ignore_index:int reduction:string="mean"
Softplus|1|1 1|1 1|X:c02|Y:c02|
Softplus|22|1 1|1 1|X:10c02|Y:10c02|
Softsign|1|1 1|1 1|input:c02|output:c02|
Softsign|22|1 1|1 1|input:10c02|output:10c02|
SpaceToDepth|1|1 1|1 1|input:fffe|output:fffe|blocksize:int!
SpaceToDepth|13|1 1|1 1|input:1fffe|output:1fffe|blocksize:int!
SpaceToDepth|28|1 1|1 1|input:1fffe|output:1fffe|blocksize:int! mode:string="DCR"
Split|1|1 2|1 *|input:c02 split?:c02|outputs...*:c02|axis:int split:ints
Split|2|1 1|1 *|input:fffe|outputs*:fffe|axis:int=0 split:ints
Split|11|1 1|1 *|input:fffe|outputs*:fffe|axis:int=0 split:ints
Split|13|1 2|1 *|input:1fffe split?:80|outputs*:1fffe|axis:int=0
Split|18|1 2|1 *|input:1fffe split?:80|outputs*:1fffe|axis:int=0 num_outputs:int
SplitToSequence|11|1 2|1 1|input:fffe split?:c0|output_sequence:1|axis:int=0 keepdims:int=1
SplitToSequence|24|1 2|1 1|input:1fffe split?:c0|output_sequence:1|axis:int=0 keepdims:int=1
Sqrt|1|1 1|1 1|X:c02|Y:c02|consumed_inputs:ints
Sqrt|6|1 1|1 1|X:c02|Y:c02|
Sqrt|13|1 1|1 1|X:10c02|Y:10c02|
Squeeze|1|1 1|1 1|data:fffe|squeezed:fffe|axes:ints
Squeeze|11|1 1|1 1|data:fffe|squeezed:fffe|axes:ints
Squeeze|13|1 2|1 1|data:1fffe axes?:80|squeezed:1fffe|
Squeeze|21|1 2|1 1|data:7ffffe axes?:80|squeezed:7ffffe|
Squeeze|23|1 2|1 1|data:fffffe axes?:80|squeezed:fffffe|
Squeeze|24|1 2|1 1|data:1fffffe axes?:80|squeezed:1fffffe|
Squeeze|25|1 2|1 1|data:7fffffe axes?:80|squeezed:7fffffe|
StringConcat|20|2 2|1 1|X:100 Y:100|Z:100|
StringNormalizer|10|1 1|1 1|X:100|Y:100|case_change_action:string="NONE" is_case_sensitive:int=0 locale:string stopwords:strings
StringSplit|20|1 1|2 2|X:100|Y:100 Z:80|delimiter:string maxsplit:int
Sub|1|2 2|1 1|A:c02 B:c02|C:c02|axis:int broadcast:int=0 consumed_inputs:ints
Sub|6|2 2|1 1|A:3cc2 B:3cc2|C:3cc2|axis:int broadcast:int=0
Sub|7|2 2|1 1|A:3cc2 B:3cc2|C:3cc2|
Sub|13|2 2|1 1|A:13cc2 B:13cc2|C:13cc2|
Sub|14|2 2|1 1|A:13cfe B:13cfe|C:13cfe|
Sum|1|1 *|1 1|data_0*:c02|sum:c02|consumed_inputs:ints
Sum|6|1 *|1 1|data_0*:c02|sum:c02|
Sum|8|1 *|1 1|data_0*:c02|sum:c02|
Sum|13|1 *|1 1|data_0*:10c02|sum:10c02|
SwiGLU|28|2 2|1 1|A:10c02 B:10c02|Y:10c02|alpha:float=1.0
Swish|24|1 1|1 1|X:10c02|Y:10c02|alpha:float=1.0
Tan|7|1 1|1 1|input:c02|output:c02|
Tan|22|1 1|1 1|input:10c02|output:10c02|
Tanh|1|1 1|1 1|input:c02|output:c02|consumed_inputs:ints
Tanh|6|1 1|1 1|input:c02|output:c02|
Tanh|13|1 1|1 1|input:10c02|output:10c02|
TensorScatter|24|2 3|1 1|past_cache:1fffffe update:1fffffe write_indices?:80|present_cache:1fffffe|axis:int=-2 mode:string="linear"
TfIdfVectorizer|9|1 1|1 1|X:1c0|Y:2|max_gram_length:int! max_skip_count:int! min_gram_length:int! mode:string! ngram_counts:ints! ngram_indexes:ints! pool_int64s:ints pool_strings:strings weights:floats
ThresholdedRelu|10|1 1|1 1|X:c02|Y:c02|alpha:float=1.0
ThresholdedRelu|22|1 1|1 1|X:10c02|Y:10c02|alpha:float=1.0
Tile|1|3 3|1 1|input:c02 tiles:c02 axis:c02|output:c02|
Tile|6|2 2|1 1|input:fffe repeats:80|output:fffe|
Tile|13|2 2|1 1|input:1fffe repeats:80|output:1fffe|
TopK|1|1 1|2 2|X:c02|Values:c02 Indices:80|axis:int=-1 k:int!
TopK|10|2 2|2 2|X:c02 K:80|Values:c02 Indices:80|axis:int=-1
TopK|11|2 2|2 2|X:3cfe K:80|Values:3cfe Indices:80|axis:int=-1 largest:int=1 sorted:int=1
TopK|24|2 2|2 2|X:13cfe K:80|Values:13cfe Indices:80|axis:int=-1 largest:int=1 sorted:int=1
Transpose|1|1 1|1 1|data:fffe|transposed:fffe|perm:ints
Transpose|13|1 1|1 1|data:1fffe|transposed:1fffe|perm:ints
Transpose|21|1 1|1 1|data:7ffffe|transposed:7ffffe|perm:ints
Transpose|23|1 1|1 1|data:fffffe|transposed:fffffe|perm:ints
Transpose|24|1 1|1 1|data:1fffffe|transposed:1fffffe|perm:ints
Transpose|25|1 1|1 1|data:7fffffe|transposed:7fffffe|perm:ints
Trilu|14|1 2|1 1|input:1fffe k?:80|output:1fffe|upper:int=1
Unique|11|1 1|1 4|X:fffe|Y:fffe indices?:80 inverse_indices?:80 counts?:80|axis:int sorted:int=1
Unique|28|1 1|1 4|X:1fffe|Y:1fffe indices?:80 inverse_indices?:80 counts?:80|axis:int sorted:int=1
Unsqueeze|1|1 1|1 1|data:fffe|expanded:fffe|axes:ints!
Unsqueeze|11|1 1|1 1|data:fffe|expanded:fffe|axes:ints!
Unsqueeze|13|2 2|1 1|data:1fffe axes:80|expanded:1fffe|
Unsqueeze|21|2 2|1 1|data:7ffffe axes:80|expanded:7ffffe|
Unsqueeze|23|2 2|1 1|data:fffffe axes:80|expanded:fffffe|
Unsqueeze|24|2 2|1 1|data:1fffffe axes:80|expanded:1fffffe|
Unsqueeze|25|2 2|1 1|data:7fffffe axes:80|expanded:7fffffe|
Upsample|1|1 1|1 1|X:ec2|Y:ec2|height_scale:float! mode:string="nearest" width_scale:float!
Upsample|7|1 1|1 1|X:fffe|Y:fffe|mode:string="nearest" scales:floats!
Upsample|9|2 2|1 1|X:fffe scales:2|Y:fffe|mode:string="nearest"
Upsample|10!|2 2|1 1|X:fffe scales:2|Y:fffe|mode:string="nearest"
Where|9|3 3|1 1|condition:200 X:fffe Y:fffe|output:fffe|
Where|16|3 3|1 1|condition:200 X:1fffe Y:1fffe|output:1fffe|
Xor|1|2 2|1 1|A:200 B:200|C:200|axis:int broadcast:int=0
Xor|7|2 2|1 1|A:200 B:200|C:200|
""",
"ai.onnx.ml": """\
ArrayFeatureExtractor|1|2 2|1 1|X:9c2 Y:80|Z:9c2|
Binarizer|1|1 1|1 1|X:8c2|Y:8c2|threshold:float=0.0
CastMap|1|1 1|1 1|X:1|Y:182|cast_to:string="TO_FLOAT" map_form:string="DENSE" max_map:int=1
CategoryMapper|1|1 1|1 1|X:180|Y:180|cats_int64s:ints cats_strings:strings default_int64:int=-1 default_string:string="_Unused"
DictVectorizer|1|1 1|1 1|X:1|Y:982|int64_vocabulary:ints string_vocabulary:strings
FeatureVectorizer|1|1 *|1 1|X*:8c2|Y:2|inputdimensions:ints
Imputer|1|1 1|1 1|X:8c2|Y:8c2|imputed_value_floats:floats imputed_value_int64s:ints replaced_value_float:float=0.0 replaced_value_int64:int=0
LabelEncoder|1|1 1|1 1|X:180|Y:180|classes_strings:strings default_int64:int=-1 default_string:string="_Unused"
LabelEncoder|2|1 1|1 1|X:182|Y:182|default_float:float=-0.0 default_int64:int=-1 default_string:string="_Unused" keys_floats:floats keys_int64s:ints keys_strings:strings values_floats:floats values_int64s:ints values_strings:strings
LabelEncoder|4|1 1|1 1|X:9e2|Y:9e2|default_float:float=-0.0 default_int64:int=-1 default_string:string="_Unused" default_tensor:tensor keys_floats:floats keys_int64s:ints keys_strings:strings keys_tensor:tensor values_floats:floats values_int64s:ints values_strings:strings values_tensor:tensor
LinearClassifier|1|1 1|2 2|X:8c2|Y:180 Z:2|classlabels_ints:ints classlabels_strings:strings coefficients:floats! intercepts:floats multi_class:int=0 post_transform:string="NONE"
LinearRegressor|1|1 1|1 1|X:8c2|Y:2|coefficients:floats intercepts:floats post_transform:string="NONE" targets:int=1
Normalizer|1|1 1|1 1|X:8c2|Y:2|norm:string="MAX"
OneHotEncoder|1|1 1|1 1|X:9c2|Y:2|cats_int64s:ints cats_strings:strings zeros:int=1
SVMClassifier|1|1 1|2 2|X:8c2|Y:180 Z:2|classlabels_ints:ints classlabels_strings:strings coefficients:floats kernel_params:floats kernel_type:string="LINEAR" post_transform:string="NONE" prob_a:floats prob_b:floats rho:floats support_vectors:floats vectors_per_class:ints
SVMRegressor|1|1 1|1 1|X:8c2|Y:2|coefficients:floats kernel_params:floats kernel_type:string="LINEAR" n_supports:int=0 one_class:int=0 post_transform:string="NONE" rho:floats support_vectors:floats
Scaler|1|1 1|1 1|X:8c2|Y:2|offset:floats scale:floats
TreeEnsemble|5|1 1|1 1|X:c02|Y:c02|aggregate_function:int=1 leaf_targetids:ints! leaf_weights:tensor! membership_values:tensor n_targets:int nodes_falseleafs:ints! nodes_falsenodeids:ints! nodes_featureids:ints! nodes_hitrates:tensor nodes_missing_value_tracks_true:ints nodes_modes:tensor! nodes_splits:tensor! nodes_trueleafs:ints! nodes_truenodeids:ints! post_transform:int=0 tree_roots:ints!
TreeEnsembleClassifier|1|1 1|2 2|X:8c2|Y:180 Z:2|base_values:floats class_ids:ints class_nodeids:ints class_treeids:ints class_weights:floats classlabels_int64s:ints classlabels_strings:strings nodes_falsenodeids:ints nodes_featureids:ints nodes_hitrates:floats nodes_missing_value_tracks_true:ints nodes_modes:strings nodes_nodeids:ints nodes_treeids:ints nodes_truenodeids:ints nodes_values:floats post_transform:string="NONE"
TreeEnsembleClassifier|3|1 1|2 2|X:8c2|Y:180 Z:2|base_values:floats base_values_as_tensor:tensor class_ids:ints class_nodeids:ints class_treeids:ints class_weights:floats class_weights_as_tensor:tensor classlabels_int64s:ints classlabels_strings:strings nodes_falsenodeids:ints nodes_featureids:ints nodes_hitrates:floats nodes_hitrates_as_tensor:tensor nodes_missing_value_tracks_true:ints nodes_modes:strings nodes_nodeids:ints nodes_treeids:ints nodes_truenodeids:ints nodes_values:floats nodes_values_as_tensor:tensor post_transform:string="NONE"
TreeEnsembleClassifier|5!|1 1|2 2|X:8c2|Y:180 Z:2|base_values:floats base_values_as_tensor:tensor class_ids:ints class_nodeids:ints class_treeids:ints class_weights:floats class_weights_as_tensor:tensor classlabels_int64s:ints classlabels_strings:strings nodes_falsenodeids:ints nodes_featureids:ints nodes_hitrates:floats nodes_hitrates_as_tensor:tensor nodes_missing_value_tracks_true:ints nodes_modes:strings nodes_nodeids:ints nodes_treeids:ints nodes_truenodeids:ints nodes_values:floats nodes_values_as_tensor:tensor post_transform:string="NONE"
TreeEnsembleRegressor|1|1 1|1 1|X:8c2|Y:2|aggregate_function:string="SUM" base_values:floats n_targets:int nodes_falsenodeids:ints nodes_featureids:ints nodes_hitrates:floats nodes_missing_value_tracks_true:ints nodes_modes:strings nodes_nodeids:ints nodes_treeids:ints nodes_truenodeids:ints nodes_values:floats post_transform:string="NONE" target_ids:ints target_nodeids:ints target_treeids:ints target_weights:floats
TreeEnsembleRegressor|3|1 1|1 1|X:8c2|Y:2|aggregate_function:string="SUM" base_values:floats base_values_as_tensor:tensor n_targets:int nodes_falsenodeids:ints nodes_featureids:ints nodes_hitrates:floats nodes_hitrates_as_tensor:tensor nodes_missing_value_tracks_true:ints nodes_modes:strings nodes_nodeids:ints nodes_treeids:ints nodes_truenodeids:ints nodes_values:floats nodes_values_as_tensor:tensor post_transform:string="NONE" target_ids:ints target_nodeids:ints target_treeids:ints target_weights:floats target_weights_as_tensor:tensor
TreeEnsembleRegressor|5!|1 1|1 1|X:8c2|Y:2|aggregate_function:string="SUM" base_values:floats base_values_as_tensor:tensor n_targets:int nodes_falsenodeids:ints nodes_featureids:ints nodes_hitrates:floats nodes_hitrates_as_tensor:tensor nodes_missing_value_tracks_true:ints nodes_modes:strings nodes_nodeids:ints nodes_treeids:ints nodes_truenodeids:ints nodes_values:floats nodes_values_as_tensor:tensor post_transform:string="NONE" target_ids:ints target_nodeids:ints target_treeids:ints target_weights:floats target_weights_as_tensor:tensor
ZipMap|1|1 1|1 1|X:2|Z:1|classlabels_int64s:ints classlabels_strings:strings
""",
"ai.onnx.preview": """\
FlexAttention|1|3 3|1 1|Q:10c02 K:10c02 V:10c02|Y:10c02|prob_mod:graph scale:float score_mod:graph softmax_precision:int
""",
"ai.onnx.preview.training": """\
Adagrad|1|3 *|1 *|R:802 T:80 inputs*:802|outputs*:802|decay_factor:float=0.0 epsilon:float=9.999999974752427e-07 norm_coefficient:float=0.0
Adam|1|3 *|1 *|R:802 T:80 inputs*:802|outputs*:802|alpha:float=0.8999999761581421 beta:float=0.9990000128746033 epsilon:float=9.999999974752427e-07 norm_coefficient:float=0.0 norm_coefficient_post:float=0.0
Gradient|1|1 *|1 *|Inputs*:fffe|Outputs*:c02|xs:strings! y:string! zs:strings
Momentum|1|3 *|1 *|R:802 T:80 inputs*:802|outputs*:802|alpha:float! beta:float! mode:string! norm_coefficient:float!
""",
}
