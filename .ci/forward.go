package main

import (
	"context"
	"reflect"
	"unsafe"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// This host predates resource hooks. The messages pass through unread: an Empty keeps the fields it does not know.
func init() {
	for _, name := range []string{"RegisterResourceHook", "RegisterErrorHook", "SignalAndWaitForShutdown"} {
		method := "/pulumirpc.ResourceMonitor/" + name
		pulumirpc.ResourceMonitor_ServiceDesc.Methods = append(pulumirpc.ResourceMonitor_ServiceDesc.Methods, grpc.MethodDesc{
			MethodName: name,
			Handler: func(srv interface{}, ctx context.Context, decode func(interface{}) error, _ grpc.UnaryServerInterceptor) (interface{}, error) {
				in, out := &emptypb.Empty{}, &emptypb.Empty{}
				if err := decode(in); err != nil {
					return nil, err
				}
				target := reflect.ValueOf(srv.(*monitorProxy).target)
				connection := *(*grpc.ClientConnInterface)(unsafe.Pointer(target.Pointer()))
				return out, connection.Invoke(ctx, method, in, out)
			},
		})
	}
}
